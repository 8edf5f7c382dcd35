#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_HYYRO_BAND_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_HYYRO_BAND_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kernelserve {

// Uniform Levenshtein distance, a column of the matrix at a time, 64 rows a word: Myers' algorithm
// (1999) as Hyyrö states it ("A bit-vector algorithm for computing Levenshtein and Damerau edit
// distances", 2003), in blocks, restricted to a band of the matrix after Ukkonen (1985).
//
// D[i][j] is the distance of the pattern's first i units (rows) and the text's first j (columns).
// A cell is needed if a path of cost <= k can lead through it: D[i][j] + |(m - i) - (n - j)| <= k.
// Invariants, after each column j:
//   1. every needed cell of the column is in words [first(), last()];
//   2. a needed cell's computed value is D[i][j]; any other's is at least D[i][j];
//   3. k is an upper bound of the distance, or the k given.
// So the band only narrows what is computed, never what is found: an alignment read back from the
// band's bits makes the same choices as one from the whole matrix.
class HyyroBand {
 public:
  // A word of the current column: bit i of vp (vn) is set where the cell of row 64 * word + i + 1
  // is one more (less) than the cell above it.
  struct Word {
    uint64_t vp;
    uint64_t vn;
  };

  // m, n > 0, k >= |m - n|.
  HyyroBand(size_t m, size_t n, int64_t k);

  // Computes the next column from the text unit's row of the pattern's masks, of which it reads
  // words [first(), last() + 1], as far as there are such. False: the distance is over k.
  bool Advance(const uint64_t* row);

  size_t first() const { return first_; }
  size_t last() const { return last_; }
  size_t words() const { return words_.size(); }
  size_t column() const { return column_; }  // j
  const Word& word(size_t index) const { return words_[index]; }

  // D[64 * first()][j], the cell above the band (at least that, if not needed).
  int64_t ScoreAbove() const;
  // After column n: the distance, or something over k.
  int64_t Distance() const { return last_ + 1 == words_.size() ? scores_[last_] : k_ + 1; }

 private:
  struct Carry {
    uint64_t hp;
    uint64_t hn;
  };

  void Step(size_t index, uint64_t matches, Carry* carry);
  // The last row of a word.
  int64_t Bottom(size_t index) const {
    return index + 1 == words_.size() ? m_ : static_cast<int64_t>(64 * (index + 1));
  }
  // The least cost of a path through a cell of row `row` and this column, given its score at least.
  int64_t LeastThrough(int64_t row, int64_t score) const {
    const int64_t rest = (m_ - row) - (n_ - static_cast<int64_t>(column_));
    return score + (rest < 0 ? -rest : rest);
  }
  // Whether no cell of the word is needed, row 0 above the first one included. Scores rise by at
  // most 1 a row towards the bottom, whose score is known; LeastThrough is then least at the top.
  bool Unneeded(size_t index) const {
    const int64_t top = index == 0 ? 0 : static_cast<int64_t>(64 * index) + 1;
    return LeastThrough(top, scores_[index] - (Bottom(index) - top)) > k_;
  }

  const int64_t m_;
  const int64_t n_;
  int64_t k_;
  size_t column_ = 0;
  size_t first_ = 0;
  size_t last_;
  std::vector<Word> words_;
  std::vector<int64_t> scores_;  // of each word's bottom row in this column
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_HYYRO_BAND_H_

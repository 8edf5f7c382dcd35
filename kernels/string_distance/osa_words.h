#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_OSA_WORDS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_OSA_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kernelserve {

// A column of the matrix of optimal string alignment, D, in blocks of 64 rows: bit i of word w is
// about row 64 * w + i + 1. As made, it is column 0.
struct OsaWord {
  uint64_t vp = ~uint64_t{0};  // D[i][j] = D[i-1][j] + 1
  uint64_t vn = 0;             // D[i][j] = D[i-1][j] - 1
  uint64_t d0 = 0;             // D[i][j] = D[i-1][j-1]
  uint64_t matches = 0;        // of the text's last unit
};
using OsaWords = std::vector<OsaWord>;

// How the last word's rows differ from the column before: one more (hp), one less (hn).
struct OsaStep {
  uint64_t hp;
  uint64_t hn;
};

// The next column, by Hyyrö 2003, where horizontal differences carry over from one word to the
// next. `matches_row` is the text unit's row of the pattern's masks.
inline OsaStep AdvanceOsa(const uint64_t* matches_row, OsaWords& column) {
  uint64_t hp_carry = 1;
  uint64_t hn_carry = 0;
  uint64_t swappable_carry = 0;
  OsaStep step = {0, 0};
  for (size_t w = 0; w < column.size(); ++w) {
    OsaWord& word = column[w];
    const uint64_t matches = matches_row[w];
    const uint64_t swappable = ~word.d0 & matches;
    const uint64_t transposed = (swappable << 1 | swappable_carry) & word.matches;
    swappable_carry = swappable >> 63;
    const uint64_t x = matches | hn_carry;
    word.d0 = (((x & word.vp) + word.vp) ^ word.vp) | x | word.vn | transposed;
    word.matches = matches;
    step = {.hp = word.vn | ~(word.d0 | word.vp), .hn = word.d0 & word.vp};
    const uint64_t hp_shifted = step.hp << 1 | hp_carry;
    const uint64_t hn_shifted = step.hn << 1 | hn_carry;
    hp_carry = step.hp >> 63;
    hn_carry = step.hn >> 63;
    word.vp = hn_shifted | ~(word.d0 | hp_shifted);
    word.vn = hp_shifted & word.d0;
  }
  return step;
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_OSA_WORDS_H_

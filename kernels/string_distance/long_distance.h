#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LONG_DISTANCE_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LONG_DISTANCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/stripe.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

namespace kernelserve {

// Edit distances of long texts by Hyyrö's bit-parallel algorithms, in stripes of rows (stripe.h)
// and restricted to a band of the matrix after Ukkonen (1985): O(n * min(m, d) / w) for a distance
// d, with w = 512 rows at a time in AVX-512.
//
// D[i][j] is the distance of the pattern's first i units (rows) and the text's first j (columns). A
// cell is needed if a path of cost <= k can lead through it: D[i][j] + |(m - i) - (n - j)| <= k.
// Invariants, after each stripe:
//   1. every needed cell of its rows is in the columns that were computed;
//   2. a needed cell's computed value is D[i][j]; any other's is at least D[i][j];
//   3. k is an upper bound of the distance, or the k given.
class LongDistance {
 public:
  static constexpr int64_t kNoHint = std::numeric_limits<int64_t>::max();

  enum class Metric : uint8_t { kLevenshtein, kOsa, kIndel };

  LongDistance(Metric metric, StopToken stop) : metric_(metric), stop_(stop) {}

  // Sets out[i] to the distance of a pair under its cutoff, where it is kNotShort (short_block.h);
  // to anything once `stop` is set, which is polled at least every millisecond. The band that is
  // tried first is as wide as `hint`. Memory is reused from pair to pair: about 40 KiB and, for
  // each unit of the longer text, 2.5 bytes, or 10.5 where one of the texts is not in bytes.
  void Block(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
             std::span<int64_t> out, int64_t hint = kNoHint);

  // One of them.
  int64_t Of(Text left, Text right, int64_t cutoff, int64_t hint = kNoHint);

 private:
  // What an attempt at a distance of at most k came to.
  struct Attempt {
    int64_t distance;  // over k where there is none
    int64_t expected;  // then: about what it might be
  };
  // The computed columns of a row, as blocks of 64, and what is known of the row's cells.
  struct Row {
    int64_t number;
    size_t begin;
    size_t end;
    int64_t score;  // of the cell before the first column
  };

  int64_t OfShort(Text left, Text right, int64_t cutoff) const;
  void SetTexts(Text pattern, Text text);
  Attempt Try(int64_t k);
  bool Narrow(Row* row, int64_t* k, int64_t* least, size_t* end) const;
  template <typename Id>
  void Compute(std::span<const Id> pattern, std::span<const Id> text, int64_t first_row,
               const Row& row);
  void Run(const Stripe& stripe) const;
  uint64_t* Rows(size_t count);

  uint64_t Rises(size_t block) const;
  uint64_t Falls(size_t block) const;
  // Of the columns in a block, the bits.
  uint64_t Columns(size_t block) const;

  const Metric metric_;
  const StopToken stop_;
  int64_t m_ = 0;
  int64_t n_ = 0;
  // Units by number: their own value where both texts are in bytes, otherwise UnitIds'.
  std::span<const uint8_t> pattern_bytes_;
  std::span<const uint8_t> text_bytes_;
  std::vector<uint32_t> pattern_ids_;
  std::vector<uint32_t> text_ids_;
  std::vector<uint16_t> slot_of_;  // by number, in this stripe
  std::vector<uint16_t> slots_;    // of the stripe's columns
  // By slot; a slot has as many words as a stripe.
  struct alignas(64) Words {
    uint64_t words[kStripeWordsMax];
  };
  std::unique_ptr<Words[]> rows_;
  size_t rows_words_ = 0;
  std::array<std::vector<uint64_t>, 3> carries_;  // of the last row computed
};

// Estimated nanoseconds of one distance on one core, among many of short texts. A 64-bit word of
// the matrix's column takes `word_ns` alone, and less in a stripe. With a score_cutoff only a band
// is computed.
double LongDistanceCostNs(size_t left_size, size_t right_size, double word_ns,
                          double score_cutoff = std::numeric_limits<double>::infinity());

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_LONG_DISTANCE_H_

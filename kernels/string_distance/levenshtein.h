#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "absl/status/status.h"
#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// Levenshtein's distance: the least cost of turning `left` into `right` by inserting, deleting and
// substituting units, each at its own cost. Results equal RapidFuzz's distance.Levenshtein.
//
// There are three entries: one pair, a block of pairs, and one prepared query against a block of
// choices. All give the same results; prefer the blocks, which choose their SIMD code once a call
// and, for short texts, work on many pairs at once. All are safe to call from any thread, and on
// memory that changes while it is read (the result is then that of no particular text).
//
// Costs, with m <= n the sizes in units, k the cutoff, w = 64:
//   uniform weights      m <= 64: O(n); else O(n * min(m, k) / w)
//   substitution >= insertion + deletion, these two equal ("indel")  O(n * m / w)
//   any other weights    O(n * m)
// Extra memory: none for m <= 64; else 40 KiB and up to 2.5 bytes for each unit of the longer text,
// or 10.5 where one of the texts isn't in bytes. Any other weights: O(m).

// The costs of the edits. Valid where each is within [0, kLevenshteinWeightMax]: a distance
// then fits an int64 at any size.
struct LevenshteinWeights {
  int64_t insertion = 1;     // of a unit that only `right` has
  int64_t deletion = 1;      // of a unit that only `left` has
  int64_t substitution = 1;  // of one unit by another

  friend bool operator==(const LevenshteinWeights&, const LevenshteinWeights&) = default;
};

inline constexpr int64_t kLevenshteinWeightMax = 1'000'000'000;

// OUT_OF_RANGE, field "weights", where one of them is not valid.
absl::Status CheckLevenshteinWeights(const LevenshteinWeights& weights);

struct LevenshteinOptions {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

  LevenshteinWeights weights;
  // A distance over it is reported as score_cutoff + 1, and found out sooner. At least 0.
  int64_t score_cutoff = kNone;
  // An expected distance: the band searched first is as wide. Changes the speed, never the result.
  int64_t score_hint = kNone;
};

// The largest distance that texts of these sizes can have: what the normalized forms divide by.
int64_t LevenshteinMaximum(size_t left_size, size_t right_size, const LevenshteinWeights& weights);

// Polls `stop` at least every millisecond of work; once stopped, returns any value.
int64_t LevenshteinDistance(Text left, Text right, const LevenshteinOptions& options = {},
                            StopToken stop = {});

// out[i] = the distance of left[i] and right[i]; the three have the same size. `cutoffs`, where
// not empty, has it too, and holds a score_cutoff for each pair instead of the options' one.
void LevenshteinBlock(std::span<const Text> left, std::span<const Text> right,
                      const LevenshteinOptions& options, std::span<const int64_t> cutoffs,
                      std::span<int64_t> out, StopToken stop = {});

// One query for many choices. The query is the `left` of each distance; where it is the right,
// exchange insertion and deletion in the weights. Copies nothing of the query: its units outlive
// this object. Immutable, and safe to share between threads.
class PreparedLevenshtein {
 public:
  PreparedLevenshtein(Text query, const LevenshteinWeights& weights)
      : query_(query), weights_(weights) {}

  // As LevenshteinDistance(query, choice, options), whose weights are those of the constructor.
  int64_t Distance(Text choice, int64_t score_cutoff = LevenshteinOptions::kNone,
                   int64_t score_hint = LevenshteinOptions::kNone, StopToken stop = {}) const;

  // As LevenshteinBlock with the query on every left.
  void Block(std::span<const Text> choices, int64_t score_cutoff, int64_t score_hint,
             std::span<const int64_t> cutoffs, std::span<int64_t> out, StopToken stop = {}) const;

  Text query() const { return query_; }
  const LevenshteinWeights& weights() const { return weights_; }

 private:
  Text query_;
  LevenshteinWeights weights_;
};

// Estimated nanoseconds of one distance on one core, right within an order of magnitude. Saturates.
int64_t LevenshteinCostNs(size_t left_size, size_t right_size,
                          const LevenshteinOptions& options = {});

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_H_

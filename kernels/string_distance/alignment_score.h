#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_SCORE_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_SCORE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// What is added to an alignment's score: for two units side by side that are equal or not; for the
// first unit without a partner in a row of such, and for each further one. So gaps and mismatches
// that are to cost something are negative.
struct AlignmentScores {
  int64_t match = 1;
  int64_t mismatch = -1;
  int64_t gap_open = -1;
  int64_t gap_extend = -1;
};
// Of each of the scores, either side of 0.
inline constexpr int64_t kAlignmentScoreMax = 1'000'000;

enum class AlignmentKind : uint8_t {
  kGlobal,  // of both texts as a whole (Needleman and Wunsch 1970)
  kLocal,   // of a part of either text; 0 for that of none (Smith and Waterman 1981)
};

// The greatest score of any alignment of each pair, by Gotoh, "An improved algorithm for matching
// biological sequences" (1982). Requires gap_open <= gap_extend <= 0, and no score beyond
// kAlignmentScoreMax.
//
// O(n m) in time, ten times faster where both texts have up to 128 units of up to 16 bits and
// scores are small; O(n) in memory. Ends early, with anything in `out`, once `stop` is set.
void AlignmentScoreBlock(AlignmentKind kind, std::span<const Text> left,
                         std::span<const Text> right, const AlignmentScores& scores,
                         std::span<int64_t> out, StopToken stop);

// Estimated nanoseconds of one score on one core.
double AlignmentScoreCostNs(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_SCORE_H_

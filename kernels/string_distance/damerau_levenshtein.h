#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_DAMERAU_LEVENSHTEIN_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_DAMERAU_LEVENSHTEIN_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/string_distance/cross_block.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

namespace kernelserve {

// Damerau's distance: insertions, deletions, substitutions and transpositions of neighbours, also
// of what had been apart ("CA" to "ABC" is 2). O(n * m / 64): Hyyrö's bit-parallel columns (2003),
// with the two kinds of transposition to which Zhao and Sahni, "String correction using the
// Damerau-Levenshtein distance" (2019), reduce them all.
//
// A metric for SymmetricMetric (kernels/string_distance/symmetric_metric.h).
struct DamerauLevenshtein {
  // The greatest distance of texts this long: the longer one's size.
  static int64_t Maximum(size_t left_size, size_t right_size);
  // By how much a unit that both have makes it less, at most.
  static constexpr int64_t kCommonUnit = 1;

  // Estimated nanoseconds of one distance on one core.
  static double CostNs(size_t left_size, size_t right_size);

  // Distances of pairs under the cutoffs. Ends early, with anything in `out`, once `stop` is set.
  static void Block(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                    std::span<int64_t> out, StopToken stop);
  static void CrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                         const TakeTile& take, StopToken stop);
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_DAMERAU_LEVENSHTEIN_H_

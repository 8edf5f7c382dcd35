#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_HAMMING_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_HAMMING_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/string_distance/editops.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

namespace kernelserve {

// The number of places in which two texts differ, for each pair under its cutoff; where one is
// longer, each unit of the rest counts as one. O(shorter). Ends early, with anything in `out`, once
// `stop` is set.
void HammingBlock(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                  std::span<int64_t> out, StopToken stop);

// A substitution where the texts differ, then deletions or insertions for what the longer one has
// beyond the other: RapidFuzz's Hamming.editops.
Editops HammingEditops(Text left, Text right);
PairCost HammingEditopsCost(size_t left_size, size_t right_size);

// Estimated nanoseconds of one distance on one core.
double HammingCostNs(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_HAMMING_H_

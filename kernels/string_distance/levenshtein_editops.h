#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_EDITOPS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_EDITOPS_H_

#include <cstddef>

#include "kernels/stop_token.h"
#include "kernels/string_distance/editops.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/text.h"

namespace kernelserve {

// Of the shortest scripts, the one that RapidFuzz's Levenshtein.editops gives: read from the end,
// it prefers a delete, then an insert where that comes from a smaller cell than the replace, and
// long inputs are divided at the same places. O(n * d / 64) time, d the distance; besides the
// script itself, memory is a copy of the texts and a matrix of a few MiB at most, or 28 bytes for
// each unit of right where left has at most 64.
//
// Polls `stop` at least every millisecond of work; once stopped, returns any script.
Editops LevenshteinEditops(Text left, Text right, StopToken stop = {});

PairCost LevenshteinEditopsCost(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_EDITOPS_H_

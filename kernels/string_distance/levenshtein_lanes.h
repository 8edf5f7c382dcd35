#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_LANES_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_LANES_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/string_distance/levenshtein_short.h"
#include "kernels/text.h"

namespace kernelserve {

// The uniform Levenshtein distance of many short pairs, one pair in each 16-bit lane: words of
// ASCII or Latin-1. A pair costs a quarter of what LevenshteinShortBlock takes for it.
inline constexpr size_t kLevenshteinLaneUnits = 16;

// For each pair of one-byte units, both at most kLevenshteinLaneUnits, sets out[i] to the distance
// under the cutoff; for any other, to kLevenshteinLong. All have the same size.
void LevenshteinLanesBlock(std::span<const Text> left, std::span<const Text> right,
                           const ScoreCutoffs& cutoffs, std::span<int64_t> out);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_LANES_H_

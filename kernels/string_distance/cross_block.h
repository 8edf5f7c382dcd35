#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/text.h"

namespace kernelserve {

// Distances of every query with every choice, of short texts: each query in a SIMD lane (Highway),
// the choices in sorted order, so that a prefix that many of them begin with is computed once.
// About 0.5 ns a distance of words, where a block of pairs takes 10 to 15.

// What queries and choices may have at most; queries at least one unit. So a distance fits a byte.
inline constexpr size_t kCrossQueryUnits = 64;
inline constexpr size_t kCrossUnits = 128;

// One row for each query, with a place for each choice, in their own order; 0 for those that are
// too_long().
struct DistanceMatrix {
  uint8_t* first;
  size_t stride;

  uint8_t* Row(size_t query) const { return first + query * stride; }
};

// Takes scores that come a query's at a time, in any order, each with every choice; it may change
// them.
using CrossEmit = std::function<void(size_t query, std::span<double> scores)>;

// Whether there is such a thing here: with vectors of lanes of fixed size.
bool HasCrossBlock();

// Ends early, with anything in `out`, once `stop` is set. Dispatches to the best SIMD target once.
void LevenshteinCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                           DistanceMatrix out, StopToken stop);
void OsaCrossBlock(std::span<const Text> queries, const SortedTexts& choices, DistanceMatrix out,
                   StopToken stop);
void DamerauLevenshteinCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                                  DistanceMatrix out, StopToken stop);
void IndelCrossBlock(std::span<const Text> queries, const SortedTexts& choices, DistanceMatrix out,
                     StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_H_

#include <array>
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
// About 0.2 to 0.5 ns a distance of words, where a block of pairs takes 10 to 15.

// What queries and choices may have at most; queries at least one unit. So a distance fits a byte.
inline constexpr size_t kCrossQueryUnits = 64;
inline constexpr size_t kCrossUnits = 128;
// How many queries may be compared at once.
inline constexpr size_t kCrossQueries = 512;

// A part of what is computed, which comes in any order: some queries with choices that are next to
// each other. For each pair a byte of each plane: of a distance there is one. The receiver may
// change them.
inline constexpr size_t kCrossPlanes = 2;
struct CrossTile {
  std::span<const uint16_t> queries;  // places; a row of each plane for each
  size_t begin;                       // place of the first choice
  size_t choices;                     // how many; those that are too_long() have 0
  std::array<uint8_t*, kCrossPlanes> planes;
  size_t stride;  // from row to row

  std::span<uint8_t> Row(size_t i, size_t plane = 0) const {
    return {planes[plane] + i * stride, choices};
  }
};
using TakeTile = std::function<void(const CrossTile&)>;

// Takes scores of a query with choices that are next to each other, the first at place `begin`, in
// any order; it may change them.
using CrossEmit = std::function<void(size_t query, size_t begin, std::span<double> scores)>;

// Whether there is such a thing here: with vectors of lanes of fixed size.
bool HasCrossBlock();

// Ends early once `stop` is set. Dispatches to the best SIMD target once.
void LevenshteinCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                           const TakeTile& take, StopToken stop);
void OsaCrossBlock(std::span<const Text> queries, const SortedTexts& choices, const TakeTile& take,
                   StopToken stop);
void DamerauLevenshteinCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                                  const TakeTile& take, StopToken stop);
void IndelCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                     const TakeTile& take, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_SHORT_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_SHORT_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The uniform Levenshtein distance where the shorter text has at most 64 units: Hyyrö's algorithm
// with the matrix's column in one word, and the match mask by comparing the whole pattern with one
// unit of the text at once (Highway; no pattern table, and the same at every width of unit). O(n).

inline constexpr size_t kLevenshteinShortUnits = 64;

// The score_cutoff of each pair of a block: `each`, or one for all where that is empty.
struct ScoreCutoffs {
  std::span<const int64_t> each;
  int64_t all;

  int64_t operator[](size_t i) const { return each.empty() ? all : each[i]; }
  ScoreCutoffs Subspan(size_t begin, size_t count) const {
    return {each.empty() ? each : each.subspan(begin, count), all};
  }
};

// For each pair whose shorter text is within kLevenshteinShortUnits, or whose cutoff decides by
// itself, sets out[i] to the distance under the cutoff; for any other, to kLevenshteinLong. All
// have the same size. Dispatches to the best SIMD target once.
inline constexpr int64_t kLevenshteinLong = std::numeric_limits<int64_t>::min();
void LevenshteinShortBlock(std::span<const Text> left, std::span<const Text> right,
                           const ScoreCutoffs& cutoffs, std::span<int64_t> out, StopToken stop);

// The same with `left` at every left.
void LevenshteinShortBlock(Text left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                           std::span<int64_t> out, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_SHORT_H_

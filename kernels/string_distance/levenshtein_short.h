#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_SHORT_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_SHORT_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The uniform Levenshtein distance where the shorter text has at most 64 units, by Hyyrö's
// algorithm with the matrix's column in one word: O(longer). There is no pattern table; where a
// unit matches comes from comparing the whole pattern with it at once (Highway), at every width of
// unit alike.
//
// Pairs that both have at most 64 units go many at a time, each in a lane of as many bits as its
// longer text asks for: about 10 ns a pair of words, where one alone takes 20 to 60.

inline constexpr size_t kLevenshteinShortUnits = 64;

// The score_cutoff of each pair of a block: `each`, or one for all where that is empty.
struct ScoreCutoffs {
  std::span<const int64_t> each;
  int64_t all;

  int64_t operator[](size_t i) const { return each.empty() ? all : each[i]; }
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

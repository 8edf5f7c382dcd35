#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_BLOCK_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

namespace kernelserve {

// Edit distances of pairs whose shorter text has at most 64 units, the matrix's column in one word,
// or at most 128, in two: O(longer). There is no pattern table; where a unit matches comes from
// comparing the whole pattern with it at once (Highway), at every width of unit alike.
//
// Pairs that both have at most 64 units go many at a time, each in a lane of as many bits as its
// longer text asks for: about 10 ns a pair of words, where one alone takes 20 to 60.

inline constexpr size_t kShortUnits = 64;
inline constexpr size_t kTwoWordUnits = 2 * kShortUnits;

// What stands for the distance of a pair whose texts both have over kTwoWordUnits (kShortUnits for
// Damerau-Levenshtein), unless its cutoff decides by itself.
inline constexpr int64_t kNotShort = std::numeric_limits<int64_t>::min();

// Whether some of a block's distances, which are not negative, are kNotShort: few blocks have any.
inline bool AnyNotShort(std::span<const int64_t> distances) {
  int64_t bits = 0;
  for (const int64_t distance : distances) bits |= distance;
  return bits < 0;
}

// For each pair, sets out[i] to the distance under the cutoff, or to kNotShort. All spans have the
// same size. Dispatches to the best SIMD target once.
void LevenshteinShortBlock(TextColumn left, std::span<const Text> right,
                           const ScoreCutoffs& cutoffs, std::span<int64_t> out, StopToken stop);
void OsaShortBlock(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                   std::span<int64_t> out, StopToken stop);
void DamerauLevenshteinShortBlock(TextColumn left, std::span<const Text> right,
                                  const ScoreCutoffs& cutoffs, std::span<int64_t> out,
                                  StopToken stop);
void IndelShortBlock(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                     std::span<int64_t> out, StopToken stop);
void LcsSeqShortBlock(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                      std::span<int64_t> out, StopToken stop);

// Estimated nanoseconds of one pair among many on one core, where texts that are not short take
// `word_ns` for each 64 cells of a column.
double ShortBlockCostNs(size_t left_size, size_t right_size, double word_ns);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_BLOCK_H_

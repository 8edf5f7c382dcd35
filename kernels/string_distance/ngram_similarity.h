#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_SIMILARITY_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_SIMILARITY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

namespace kernelserve {

// How alike two sets are that have a and b members, c of them in common.
enum class NgramCoefficient : uint8_t {
  kJaccard,  // c / (a + b - c) (Jaccard, "Étude comparative de la distribution florale", 1901)
  kSorensenDice,  // 2 c / (a + b) (Dice 1945, Sørensen 1948)
  kCosine,        // c / sqrt(a b), also named after Otsuka and Ochiai (1957)
};

// How alike the sets of n-grams of two texts are, 0 to 1: an n-gram is n units side by side, and
// one that occurs twice counts once. A text of fewer than n units has none; it is like an equal
// text only, 1, and like no other, 0.
//
// n is at least 1. O(a b) for texts of up to 128 n-grams that fit 64 bits each, else O((a + b) log
// n). Ends early, with anything in `out`, once `stop` is set.
void NgramBlock(TextColumn left, std::span<const Text> right, size_t n,
                NgramCoefficient coefficient, std::span<double> out, StopToken stop);

// Estimated nanoseconds of one similarity on one core.
double NgramCostNs(size_t left_size, size_t right_size, size_t n);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_SIMILARITY_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

namespace kernelserve {

// Jaro's similarity, 0 to 1 (Jaro, "Advances in record-linkage methodology", 1989): with c units
// that both texts have within half of the longer one's size, t of them in another order, (c / m + c
// / n + (c - t / 2) / c) / 3, t / 2 rounded down. 1 where both are empty. Rounds as RapidFuzz does.
//
// O(n + m) for short texts, O(n log n) for others. Ends early, with anything in `out`, once `stop`
// is set.
void JaroBlock(TextColumn left, std::span<const Text> right, std::span<double> out, StopToken stop);

// Estimated nanoseconds of one similarity on one core.
double JaroCostNs(size_t left_size, size_t right_size);

// What Jaro's similarity is made of.
struct JaroCounts {
  uint64_t common = 0;
  uint64_t out_of_order = 0;
};
// How far apart two units may be that count as common: requires a text of two units or more.
inline size_t JaroWindow(size_t left_size, size_t right_size) {
  return (left_size > right_size ? left_size : right_size) / 2 - 1;
}
double JaroSimilarity(size_t left_size, size_t right_size, JaroCounts counts);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_H_

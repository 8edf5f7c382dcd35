#include "kernels/string_distance/short_block.h"

#include <algorithm>

namespace kernelserve {

// Fitted to kernels/catalog_benchmark.cc, a 64-bit word of the matrix's column being the unit of
// work.
double ShortBlockCostNs(size_t left_size, size_t right_size, double word_ns) {
  constexpr double kPairNs = 10;
  constexpr double kLongPairNs = 500;  // tables
  const auto shorter = static_cast<double>(std::min(left_size, right_size));
  const auto longer = static_cast<double>(std::max(left_size, right_size));
  if (longer <= kShortUnits) return kPairNs + word_ns * shorter;
  if (shorter <= kShortUnits) return kPairNs + word_ns * longer;
  return kPairNs + kLongPairNs + longer * (1 + shorter / 64) * word_ns;
}

}  // namespace kernelserve

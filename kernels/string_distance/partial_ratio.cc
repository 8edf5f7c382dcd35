#include "kernels/string_distance/partial_ratio.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/string_distance/best_part.h"
#include "kernels/string_distance/short_block.h"

namespace kernelserve {

double PartialRatio(Text left, Text right, StopToken stop) {
  if (left.size() > right.size()) std::swap(left, right);
  if (left.empty()) return right.empty() ? 100 : 0;
  const auto best_part = left.size() <= kShortUnits ? BestShortPart : BestLongPart;
  const double best = best_part(left, right, stop);
  if (best == 100 || left.size() < right.size()) return best;
  return std::max(best, best_part(right, left, stop));
}

// Fitted to kernels/catalog_benchmark.cc.
double PartialRatioCostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 60;
  const auto [shorter, longer] = std::minmax(left_size, right_size);
  const bool is_short = shorter <= kShortUnits;
  const double part_ns = is_short ? 0.5 : 12;
  const double cell_ns = is_short ? 0.1 : left_size + right_size <= kNarrowStrandsMax ? 0.08 : 0.16;
  // At the ends of the longer text, windows of a short one are whole; a matrix has no such.
  const double cells =
      static_cast<double>(shorter) * static_cast<double>(longer + (is_short ? shorter : 0));
  const double directions = shorter == longer ? 2 : 1;
  return kPairNs + directions * (part_ns * static_cast<double>(longer + shorter) + cell_ns * cells);
}

}  // namespace kernelserve

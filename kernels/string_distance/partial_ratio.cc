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

// Fitted to string_distance_benchmark.cc.
double PartialRatioCostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 60;
  constexpr double kPartNs = 0.5;
  constexpr double kCellNs = 0.1;
  constexpr double kLongPartNs = 500;
  constexpr double kWordNs = 2;
  const auto shorter = static_cast<double>(std::min(left_size, right_size));
  const auto longer = static_cast<double>(std::max(left_size, right_size));
  const double part_ns = shorter <= kShortUnits
                             ? kPartNs + shorter * kCellNs
                             : kLongPartNs + shorter * (1 + shorter / 64) * kWordNs;
  const double directions = left_size == right_size ? 2 : 1;
  return kPairNs + directions * (longer + shorter) * part_ns;
}

}  // namespace kernelserve

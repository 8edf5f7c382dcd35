#include "kernels/string_distance/prefix.h"

#include <algorithm>

#include "kernels/string_distance/symmetric_metric.h"

namespace kernelserve {
namespace {

int64_t DistanceOf(Text left, Text right, int64_t cutoff) {
  const size_t common = left.Visit([&](auto a) {
    return right.Visit([&](auto b) {
      const size_t shorter = std::min(a.size(), b.size());
      size_t common = 0;
      while (common < shorter && a[common] == b[common]) ++common;
      return common;
    });
  });
  return WithCutoff(static_cast<int64_t>(std::max(left.size(), right.size()) - common), cutoff);
}

}  // namespace

int64_t Prefix::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

double Prefix::CostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 5;
  constexpr double kUnitNs = 0.5;
  return kPairNs + kUnitNs * static_cast<double>(std::min(left_size, right_size));
}

void Prefix::Block(std::span<const Text> left, std::span<const Text> right,
                   const ScoreCutoffs& cutoffs, std::span<int64_t> out, StopToken stop) {
  EachPair(left, right, cutoffs, out, stop, DistanceOf);
}

void Prefix::Block(Text left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                   std::span<int64_t> out, StopToken stop) {
  EachPair(left, right, cutoffs, out, stop, DistanceOf);
}

}  // namespace kernelserve

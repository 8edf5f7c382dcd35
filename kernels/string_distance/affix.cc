#include "kernels/string_distance/affix.h"

#include <algorithm>

#include "kernels/string_distance/symmetric_metric.h"

namespace kernelserve {

template <End end>
int64_t AffixDistance<end>::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

template <End end>
double AffixDistance<end>::CostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 5;
  constexpr double kUnitNs = 0.5;
  return kPairNs + kUnitNs * static_cast<double>(std::min(left_size, right_size));
}

template <End end>
void AffixDistance<end>::Block(TextColumn left, std::span<const Text> right,
                               const ScoreCutoffs& cutoffs, std::span<int64_t> out,
                               StopToken stop) {
  EachPair(left, right, cutoffs, out, stop, [](Text one, Text other, int64_t cutoff) {
    const size_t common = one.Visit([&](auto a) {
      return other.Visit([&](auto b) {
        const size_t shorter = std::min(a.size(), b.size());
        const auto equal = [&](size_t i) {
          if constexpr (end == End::kFront) return a[i] == b[i];
          return a[a.size() - 1 - i] == b[b.size() - 1 - i];
        };
        size_t count = 0;
        while (count < shorter && equal(count)) ++count;
        return count;
      });
    });
    return WithCutoff(Maximum(one.size(), other.size()) - static_cast<int64_t>(common), cutoff);
  });
}

template struct AffixDistance<End::kFront>;
template struct AffixDistance<End::kBack>;

}  // namespace kernelserve

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/hamming.cc"
#include "kernels/string_distance/hamming.h"

#include <algorithm>
#include <bit>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/equal_units-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

struct EqualPlaces {
  template <typename Unit>
  static HWY_INLINE size_t Count(const Text& left, const Text& right, size_t shorter) {
    if (const ShortTag<Unit> d; shorter <= hn::MaxLanes(d)) {
      return shorter == 0
                 ? 0
                 : static_cast<size_t>(std::popcount(EqualUnits(d, left, 0, right, 0, shorter)));
    }
    const hn::ScalableTag<Unit> d;
    size_t count = 0;
    for (size_t i = 0; i < shorter; i += hn::MaxLanes(d)) {
      const size_t units = std::min(shorter - i, hn::MaxLanes(d));
      count += static_cast<size_t>(std::popcount(EqualUnits(d, left, i, right, i, units)));
    }
    return count;
  }
};

void HammingPairs(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                  std::span<int64_t> out, StopToken stop) {
  LongerLessCommon<EqualPlaces>(left, right, cutoffs, out, stop);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(HammingPairs);

void HammingBlock(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                  std::span<int64_t> out, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(HammingPairs)(left, right, cutoffs, out, stop);
}

Editops HammingEditops(Text left, Text right) {
  Editops script;
  const size_t shorter = std::min(left.size(), right.size());
  for (size_t i = 0; i < shorter; ++i) {
    if (left[i] != right[i]) script.Add(EditKind::kSubstitution, i, i);
  }
  for (size_t i = shorter; i < left.size(); ++i) {
    script.Add(EditKind::kDeletion, i, right.size());
  }
  for (size_t i = shorter; i < right.size(); ++i) {
    script.Add(EditKind::kInsertion, left.size(), i);
  }
  return script;
}

PairCost HammingEditopsCost(size_t left_size, size_t right_size) {
  constexpr double kUnitNs = 5;
  const size_t longer = std::max(left_size, right_size);
  return {.ns = kUnitNs * static_cast<double>(longer), .bytes = 0, .edits = longer};
}

// Fitted to kernels/catalog_benchmark.cc.
double HammingCostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 3;
  constexpr double kUnitNs = 0.1;
  return kPairNs + kUnitNs * static_cast<double>(std::min(left_size, right_size));
}

}  // namespace kernelserve
#endif  // HWY_ONCE

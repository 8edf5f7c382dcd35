#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/affix.cc"
#include "kernels/string_distance/affix.h"

#include <algorithm>
#include <bit>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/equal_units-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

template <End end>
struct CommonAffix {
  template <typename Unit>
  static HWY_INLINE size_t Count(const Text& left, const Text& right, size_t shorter) {
    constexpr size_t kWordBits = 64;
    const ShortTag<Unit> d;  // most differ soon
    size_t count = 0;
    while (count < shorter) {
      const size_t units = std::min(shorter - count, hn::MaxLanes(d));
      size_t equal;
      if constexpr (end == End::kFront) {
        equal =
            static_cast<size_t>(std::countr_one(EqualUnits(d, left, count, right, count, units)));
      } else {
        const size_t beyond = count + units;
        const uint64_t bits =
            EqualUnits(d, left, left.size() - beyond, right, right.size() - beyond, units);
        equal = static_cast<size_t>(std::countl_one(bits << (kWordBits - units)));
      }
      count += equal;
      if (equal < units) break;
    }
    return count;
  }
};

void PrefixPairs(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                 std::span<int64_t> out, StopToken stop) {
  LongerLessCommon<CommonAffix<End::kFront>>(left, right, cutoffs, out, stop);
}

void PostfixPairs(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                  std::span<int64_t> out, StopToken stop) {
  LongerLessCommon<CommonAffix<End::kBack>>(left, right, cutoffs, out, stop);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(PrefixPairs);
HWY_EXPORT(PostfixPairs);

template <End end>
int64_t AffixDistance<end>::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

// Fitted to kernels/catalog_benchmark.cc.
template <End end>
double AffixDistance<end>::CostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 3;
  constexpr double kUnitNs = 0.1;
  return kPairNs + kUnitNs * static_cast<double>(std::min(left_size, right_size));
}

template <>
void AffixDistance<End::kFront>::Block(TextColumn left, std::span<const Text> right,
                                       const ScoreCutoffs& cutoffs, std::span<int64_t> out,
                                       StopToken stop) {
  HWY_DYNAMIC_DISPATCH(PrefixPairs)(left, right, cutoffs, out, stop);
}

template <>
void AffixDistance<End::kBack>::Block(TextColumn left, std::span<const Text> right,
                                      const ScoreCutoffs& cutoffs, std::span<int64_t> out,
                                      StopToken stop) {
  HWY_DYNAMIC_DISPATCH(PostfixPairs)(left, right, cutoffs, out, stop);
}

template struct AffixDistance<End::kFront>;
template struct AffixDistance<End::kBack>;

}  // namespace kernelserve
#endif  // HWY_ONCE

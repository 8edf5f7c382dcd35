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
    const hn::ScalableTag<Unit> d;
    size_t count = 0;
    for (size_t i = 0; i < shorter; i += hn::MaxLanes(d)) {
      const size_t units = std::min(shorter - i, hn::MaxLanes(d));
      count += static_cast<size_t>(std::popcount(EqualUnits(d, left, i, right, i, units)));
    }
    return count;
  }
};

#if KERNELSERVE_TEXT_VECTORS

// Texts of one width that have fewer bytes in common places than this are compared as bytes, all at
// once, whatever the width.
constexpr size_t kFewBytes = HWY_LANES(uint8_t);

// Bit i tells whether byte i differs, for i < count, which is less than kFewBytes.
HWY_INLINE uint64_t UnequalBytes(const Text& left, const Text& right, size_t count) {
  const hn::CappedTag<uint8_t, kFewBytes> d;
  const auto* const a = static_cast<const uint8_t*>(left.data());
  const auto* const b = static_cast<const uint8_t*>(right.data());
  uint64_t bits = 0;
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  // Where a text may end is of no interest to masked loads.
  const auto first = hn::FirstN(d, count);
  const auto unequal = hn::Ne(hn::MaskedLoad(first, d, a), hn::MaskedLoad(first, d, b));
#else
  if (count == 0) return 0;  // perhaps there is no memory
  const auto unequal = hn::Ne(LoadFirst(d, a, count), LoadFirst(d, b, count));
#endif
  hn::StoreMaskBits(d, unequal, reinterpret_cast<uint8_t*>(&bits));
  return bits;
}

// The distances of as many pairs as a vector has words, but for those whose bits are set in the
// result. By arithmetic, since neither sizes nor widths can be predicted.
HWY_INLINE uint8_t HammingSome(TextColumn left, TextColumn right, size_t first,
                               const ScoreCutoffs& cutoffs, int64_t* out) {
  using D = hn::ScalableTag<uint64_t>;
  const D d;
  const hn::RebindToSigned<D> di;
  const hn::Repartition<uint32_t, D> halves;
  const auto a = LoadTexts(d, left, first).sizes_and_widths;
  const auto b = LoadTexts(d, right, first).sizes_and_widths;
  const auto greater = hn::BitCast(d, hn::Max(hn::BitCast(halves, a), hn::BitCast(halves, b)));
  const auto less = hn::BitCast(d, hn::Min(hn::BitCast(halves, a), hn::BitCast(halves, b)));
  const auto low = hn::Set(d, UINT32_MAX);
  const auto shorter = hn::And(less, low);
  const auto width = hn::ShiftRight<32>(greater);
  const auto two = hn::Eq(width, hn::Set(d, 2));
  const auto four = hn::Eq(width, hn::Set(d, 4));
  auto bytes = hn::IfThenElse(two, hn::Add(shorter, shorter), shorter);
  bytes = hn::IfThenElse(four, hn::ShiftLeft<2>(shorter), bytes);
  const auto many = hn::Or(
      hn::Ne(width, hn::ShiftRight<32>(less)),
      hn::RebindMask(
          d, hn::Gt(hn::BitCast(di, bytes), hn::Set(di, static_cast<int64_t>(kFewBytes - 1)))));
  bytes = hn::IfThenZeroElse(many, bytes);

  HWY_ALIGN uint64_t counts[hn::MaxLanes(d)];
  HWY_ALIGN uint64_t unequal[hn::MaxLanes(d)];
  hn::Store(bytes, d, counts);
  for (size_t i = 0; i < hn::MaxLanes(d); ++i) {
    unequal[i] = UnequalBytes(left[first + i], right[first + i], counts[i]);
  }
  auto bits = hn::Load(d, unequal);
#if !(HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86)
  bits = hn::And(bits, hn::Sub(hn::Shl(hn::Set(d, 1), bytes), hn::Set(d, 1)));
#endif
  // A unit differs where one of its bytes does.
  const auto wide = hn::Or(two, four);
  if (!hn::AllFalse(d, wide)) {
    bits = hn::Or(bits, hn::IfThenElseZero(wide, hn::ShiftRight<1>(bits)));
    bits = hn::Or(bits, hn::IfThenElseZero(four, hn::ShiftRight<2>(bits)));
    auto first_bytes =
        hn::IfThenElse(two, hn::Set(d, 0x5555555555555555), hn::Set(d, ~uint64_t{0}));
    first_bytes = hn::IfThenElse(four, hn::Set(d, 0x1111111111111111), first_bytes);
    bits = hn::And(bits, first_bytes);
  }
  const auto beyond = hn::Sub(hn::And(greater, low), shorter);
  const auto distances = hn::BitCast(di, hn::Add(hn::PopulationCount(bits), beyond));
  const auto most =
      cutoffs.each.empty() ? hn::Set(di, cutoffs.all) : hn::LoadU(di, cutoffs.each.data() + first);
  hn::StoreU(hn::Min(distances, hn::Add(most, hn::Set(di, 1))), di, out);
  uint8_t rest = 0;
  hn::StoreMaskBits(d, many, &rest);
  return rest;
}

#endif

void HammingPairs(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                  std::span<int64_t> out, StopToken stop) {
  size_t i = 0;
  const auto one_by_one = [&](size_t first, size_t count) {
    LongerLessCommon<EqualPlaces>(left.From(first), right.subspan(first, count),
                                  cutoffs.From(first), out.subspan(first, count), stop);
  };
#if KERNELSERVE_TEXT_VECTORS
  constexpr size_t kPairs = HWY_LANES(uint64_t);
  for (; i + kPairs <= out.size() && !stop.stopped(); i += kPairs) {
    uint8_t rest = HammingSome(left, TextColumn(right), i, cutoffs, out.data() + i);
    for (; rest != 0; rest &= static_cast<uint8_t>(rest - 1)) {
      one_by_one(i + static_cast<size_t>(std::countr_zero(rest)), 1);
    }
  }
#endif
  one_by_one(i, out.size() - i);
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

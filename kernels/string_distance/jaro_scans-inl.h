// The two scans that Jaro's similarity takes, of lanes: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_SCANS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_SCANS_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_SCANS_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_SCANS_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/string_distance/text_lanes-inl.h"
#include "kernels/string_distance/word_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// First scan: which units are common. As each unit of the text takes the first one in the pattern
// that is free and in the window, the pairs are those above.
template <class Lanes>
class CommonUnits {
 public:
  using V = typename Lanes::Vector;
  using Lane = typename Lanes::Lane;

  // `windows` are JaroWindow of each lane.
  HWY_INLINE CommonUnits() = default;  // holds anything
  HWY_INLINE CommonUnits(V rows, V windows)
      // The first step's window: bits 0 to `windows`.
      : CommonUnits(rows, windows,
                    hn::Sub(Shift(hn::Set(D(), Lane{2}), windows), hn::Set(D(), Lane{1}))) {}
  HWY_INLINE CommonUnits(V rows, V windows, V first_window)
      : one_(hn::Set(D(), Lane{1})),
        windows_(windows),
        free_(rows),
        in_window_(first_window),
        step_(hn::Zero(D())) {}

  // Returns 0 where the text's next unit has none in the pattern that is common with it.
  HWY_INLINE V Take(V matches) {
    const V open = And3(matches, in_window_, free_);
    free_ = XorAnd(free_, open, hn::Sub(hn::Zero(D()), open));
    // It grows at its end until it is whole, and moves on.
    const auto grows = hn::RebindMask(D(), hn::Lt(Signed(step_), Signed(windows_)));
    const V moved = hn::Add(in_window_, in_window_);
    in_window_ = hn::IfThenElse(grows, hn::Or(moved, one_), moved);
    step_ = hn::Add(step_, one_);
    return open;
  }

  HWY_INLINE V in_pattern(V rows) const { return hn::Xor(rows, free_); }
  HWY_INLINE V in_window() const { return in_window_; }

 private:
  using D = hn::ScalableTag<Lane>;

  static HWY_INLINE auto Signed(V v) { return hn::BitCast(hn::RebindToSigned<D>(), v); }

  // value << counts, by the bits of counts: there is no such operation for each lane's width.
  static HWY_INLINE V Shift(V value, V counts) {
    const V zero = hn::Zero(D());
    const auto shift_if = [&](V shifted, Lane bit) HWY_ATTR {
      const auto unset = hn::Eq(hn::And(counts, hn::Set(D(), bit)), zero);
      return hn::IfThenElse(unset, value, shifted);
    };
    value = shift_if(hn::Add(value, value), 1);
    value = shift_if(ShiftBy<2>(value), 2);
    value = shift_if(ShiftBy<4>(value), 4);
    if constexpr (sizeof(Lane) > 1) value = shift_if(ShiftBy<8>(value), 8);
    if constexpr (sizeof(Lane) > 2) value = shift_if(ShiftBy<16>(value), 16);
    if constexpr (sizeof(Lane) > 4) value = shift_if(ShiftBy<32>(value), 32);
    return value;
  }
  template <int kCount>
  static HWY_INLINE V ShiftBy(V value) {
    if constexpr (sizeof(Lane) > 1) {
      return hn::ShiftLeft<kCount>(value);
    } else {
      for (int i = 0; i < kCount; ++i) value = hn::Add(value, value);
      return value;
    }
  }

  V one_;
  V windows_;
  V free_;       // units of the pattern without a partner
  V in_window_;  // units of the pattern that the text's unit may be paired with
  V step_;
};

// Second scan: the common units of the text in order, against those of the pattern in order.
template <class Lanes>
class OutOfOrder {
 public:
  using V = typename Lanes::Vector;
  using Lane = typename Lanes::Lane;

  HWY_INLINE OutOfOrder() = default;  // holds anything
  HWY_INLINE explicit OutOfOrder(V in_pattern) : pattern_(in_pattern), unequal_(hn::Zero(D())) {}

  // `taken` is what CommonUnits gave for the text's next unit.
  HWY_INLINE void Compare(V matches, V taken) {
    const V zero = hn::Zero(D());
    const V next =
        hn::IfThenElseZero(hn::Ne(taken, zero), hn::And(pattern_, hn::Sub(zero, pattern_)));
    pattern_ = hn::Xor(pattern_, next);
    unequal_ = OrAndNot(unequal_, matches, next);
  }

  HWY_INLINE V count() const { return hn::PopulationCount(unequal_); }
  // Units of the pattern whose turn has not come yet.
  HWY_INLINE V rest() const { return pattern_; }

 private:
  using D = hn::ScalableTag<Lane>;

  V pattern_;
  V unequal_;  // units of the pattern that differ from those of the text in their turn
};

// The same of patterns in two words of 64 bits.
template <class Lanes>
class CommonUnitsOfTwoWords {
 public:
  using V = typename Lanes::Vector;

  // `rows` are those of the second word, the first having all.
  HWY_INLINE CommonUnitsOfTwoWords(V rows, V windows)
      : first_(hn::Set(D(), ~uint64_t{0}), windows), free_(rows), in_window_(hn::Zero(D())) {}

  HWY_INLINE V Take(V first_matches, V second_matches) {
    const V moved_up = hn::ShiftRight<63>(first_.in_window());
    const V first_open = first_.Take(first_matches);
    const V second_open = hn::IfThenZeroElse(hn::Ne(first_open, hn::Zero(D())),
                                             And3(second_matches, in_window_, free_));
    free_ = XorAnd(free_, second_open, hn::Sub(hn::Zero(D()), second_open));
    in_window_ = hn::Or(hn::Add(in_window_, in_window_), moved_up);
    return hn::Or(first_open, second_open);
  }

  HWY_INLINE V in_first() const { return first_.in_pattern(hn::Set(D(), ~uint64_t{0})); }
  HWY_INLINE V in_second(V rows) const { return hn::Xor(rows, free_); }

 private:
  using D = typename Lanes::D;

  CommonUnits<Lanes> first_;
  V free_;
  V in_window_;
};

template <class Lanes>
class OutOfOrderOfTwoWords {
 public:
  using V = typename Lanes::Vector;

  HWY_INLINE OutOfOrderOfTwoWords(V in_first, V in_second) : first_(in_first), second_(in_second) {}

  HWY_INLINE void Compare(V first_matches, V second_matches, V taken) {
    // The second word's turn comes when the first one has none left.
    const auto first_is_over = hn::Eq(first_.rest(), hn::Zero(D()));
    second_.Compare(second_matches, hn::IfThenElseZero(first_is_over, taken));
    first_.Compare(first_matches, taken);
  }

  HWY_INLINE V count() const { return hn::Add(first_.count(), second_.count()); }

 private:
  using D = typename Lanes::D;

  OutOfOrder<Lanes> first_;
  OutOfOrder<Lanes> second_;
};

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

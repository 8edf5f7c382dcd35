// The two scans that Jaro's similarity takes, of lanes: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_SCANS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_SCANS_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_SCANS_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_SCANS_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/string_distance/text_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// First scan: which units are common, as bits of the pattern and of the text. As each unit of the
// text takes the first one in the pattern that is free and in the window, the pairs are those
// above.
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
        text_(hn::Zero(D())),
        step_(hn::Zero(D())),
        step_bit_(one_) {}

  HWY_INLINE void Advance(V matches) {
    const V taken = Take(matches);
    text_ = hn::Or(text_, hn::IfThenZeroElse(hn::Eq(taken, hn::Zero(D())), step_bit_));
    step_bit_ = hn::Add(step_bit_, step_bit_);
  }
  // The same without in_text(), which has room for a text of as many units as a lane has bits.
  // Returns the bit of the pattern's unit that is common with the text's, 0 where there is none.
  HWY_INLINE V Take(V matches) {
    const V open = hn::And(hn::And(matches, in_window_), free_);
    const V first = hn::And(open, hn::Sub(hn::Zero(D()), open));
    free_ = hn::Xor(free_, first);
    // It grows at its end until it is whole, and moves on.
    const auto grows = hn::Lt(Signed(step_), Signed(windows_));
    in_window_ = hn::Or(hn::Add(in_window_, in_window_),
                        hn::IfThenElseZero(hn::RebindMask(D(), grows), one_));
    step_ = hn::Add(step_, one_);
    return first;
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    Advance(hn::IfThenElseZero(runs, matches));
  }

  HWY_INLINE V in_pattern(V rows) const { return hn::Xor(rows, free_); }
  HWY_INLINE V in_text() const { return text_; }

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
  V text_;
  V step_;
  V step_bit_;
};

// Second scan: the common units of the text in order, against those of the pattern in order.
template <class Lanes>
class OutOfOrder {
 public:
  using V = typename Lanes::Vector;
  using Lane = typename Lanes::Lane;

  HWY_INLINE OutOfOrder() = default;  // holds anything
  HWY_INLINE OutOfOrder(V in_pattern, V in_text)
      : pattern_(in_pattern),
        text_(in_text),
        count_(hn::Zero(D())),
        step_bit_(hn::Set(D(), Lane{1})) {}

  HWY_INLINE void Advance(V matches) {
    Compare(matches, hn::And(text_, step_bit_));
    step_bit_ = hn::Add(step_bit_, step_bit_);
  }
  // The text's unit is common where `is_common` is not 0.
  HWY_INLINE void Compare(V matches, V is_common) {
    const V zero = hn::Zero(D());
    const V next =
        hn::IfThenZeroElse(hn::Eq(is_common, zero), hn::And(pattern_, hn::Sub(zero, pattern_)));
    pattern_ = hn::Xor(pattern_, next);
    // Where there is a unit, and it is not equal: next has a bit that matches has not.
    const auto differs = hn::Ne(hn::AndNot(matches, next), zero);
    count_ = hn::Sub(count_, hn::VecFromMask(D(), differs));
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask, V matches) {
    Advance(matches);  // beyond its end, a text has no common units
  }

  HWY_INLINE V count() const { return count_; }

 private:
  using D = hn::ScalableTag<Lane>;

  V pattern_;
  V text_;
  V count_;
  V step_bit_;
};

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/string_distance/best_part.h"
#include "kernels/string_distance/ratio_queue.h"
#include "kernels/string_distance/step_poll.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/best_short_part.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/columns-inl.h"
#include "kernels/string_distance/short_pattern-inl.h"
#include "kernels/string_distance/word_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Every part of a text that may be compared is a window of as many units as the pattern has, m, if
// at both its ends the text is thought to go on for m - 1 units that match nothing: window w has
// those of the text's units [w - m + 1, w] that there are. So many windows go side by side, one in
// each lane of a vector: the match masks of their units j are consecutive ones of the text's.

// Windows whose match masks are found at a time.
constexpr size_t kBlockWindows = 512;

// The best of the parts seen so far, for each lane: what it has in common with the pattern, also
// divided by the units of both.
class BestPart {
 public:
  HWY_INLINE BestPart() : ratio_(hn::Zero(df_)), common_(hn::Zero(df_)) {}

  // common[i] is that of window first + i, of `windows` in all, for i < count.
  HWY_INLINE void Update(const uint8_t* common, size_t first, size_t count, size_t windows,
                         size_t m) {
    // Units from the text's ends, as far as they matter.
    const auto from_begin = hn::Set(di_, static_cast<int32_t>(std::min(first, m) + 1));
    const auto from_end =
        hn::Set(di_, static_cast<int32_t>(std::min(windows - first, kBlockWindows + m)));
    const auto pattern_units = hn::Set(di_, static_cast<int32_t>(m));
    for (size_t i = 0; i < count; i += hn::Lanes(di_)) {
      const auto place = hn::Iota(di_, static_cast<int32_t>(i));
      // At least 1, which a window after the last one has not.
      const auto units = hn::Max(
          hn::Set(di_, 1),
          hn::Min(pattern_units, hn::Min(hn::Add(from_begin, place), hn::Sub(from_end, place))));
      const auto found = hn::ConvertTo(
          df_, hn::PromoteTo(di_, hn::LoadU(hn::Rebind<uint8_t, Signed>(), common + i)));
      const auto ratio = hn::Div(found, hn::ConvertTo(df_, hn::Add(units, pattern_units)));
      const auto better = hn::Gt(ratio, ratio_);
      ratio_ = hn::IfThenElse(better, ratio, ratio_);
      common_ = hn::IfThenElse(better, found, common_);
    }
  }

  // As RatioOf() has it. Of sizes up to 64, no two quotients round to the same float.
  HWY_INLINE double Ratio() const {
    const float ratio = hn::GetLane(hn::MaxOfLanes(df_, ratio_));
    if (ratio == 0) return 0;
    const auto best = hn::Eq(ratio_, hn::Set(df_, ratio));
    const float common = hn::GetLane(hn::MaxOfLanes(df_, hn::IfThenElseZero(best, common_)));
    const auto units = static_cast<size_t>(std::lround(common / ratio));
    return RatioOf(static_cast<int64_t>(units) - 2 * static_cast<int64_t>(common), units);
  }

 private:
  using Signed = hn::ScalableTag<int32_t>;

  Signed di_;
  hn::RebindToFloat<Signed> df_;
  hn::Vec<hn::RebindToFloat<Signed>> ratio_;
  hn::Vec<hn::RebindToFloat<Signed>> common_;
};

// Columns that advance together, as each waits for itself; of narrow lanes, one has all windows.
template <typename Lane>
constexpr size_t kColumns = sizeof(Lane) <= 2 ? 1 : sizeof(Lane) / 2;

template <typename Lane, typename Unit>
double BestOfWindows(Text pattern, std::span<const Unit> text, StopToken stop) {
  const hn::ScalableTag<Lane> d;
  using V = hn::Vec<decltype(d)>;
  constexpr size_t kBits = 8 * sizeof(Lane);
  const size_t lanes = hn::Lanes(d);
  const size_t m = pattern.size();
  const size_t windows = text.size() + m - 1;
  const V rows = hn::Set(d, static_cast<Lane>(static_cast<Lane>(~Lane{0}) >> (kBits - m)));
  const ShortPattern<Unit> units(pattern);
  // masks[i] is that of the text's unit first + i - (m - 1).
  HWY_ALIGN Lane masks[kBlockWindows + kBits + HWY_LANES(Lane)];
  HWY_ALIGN uint8_t common[kBlockWindows];
  BestPart best;
  StepPoll poll(stop);
  for (size_t first = 0; first < windows && !poll.Stopped(kBlockWindows); first += kBlockWindows) {
    const size_t count = std::min(kBlockWindows, windows - first);
    const size_t computed = hwy::RoundUpTo(count, kColumns<Lane> * lanes);
    const size_t before = first == 0 ? m - 1 : 0;
    const size_t unit = first + before - (m - 1);
    const auto chunk = text.subspan(unit, std::min(text.size(), first + count) - unit);
    for (size_t i = 0; i < before; i += lanes) hn::Store(hn::Zero(d), d, masks + i);
    units.template Match<kBits>(chunk, masks + before);
    for (size_t i = before + chunk.size(); i < computed + m - 1; i += lanes) {
      hn::StoreU(hn::Zero(d), d, masks + i);
    }
    for (size_t i = 0; i < computed; i += kColumns<Lane> * lanes) {
      const auto all = hn::Set(d, static_cast<Lane>(~Lane{0}));
      IndelColumn<V> columns[4] = {IndelColumn<V>(all), IndelColumn<V>(all), IndelColumn<V>(all),
                                   IndelColumn<V>(all)};
      for (size_t j = 0; j < m; ++j) {
        for (size_t c = 0; c < kColumns<Lane>; ++c) {
          columns[c].Advance(hn::LoadU(d, masks + i + c * lanes + j));
        }
      }
      for (size_t c = 0; c < kColumns<Lane>; ++c) {
        StoreBytes(d, columns[c].Common(rows), common + i + c * lanes);
      }
    }
    best.Update(common, first, count, windows, m);
  }
  return best.Ratio();
}

double BestOfAnyWidth(Text shorter, Text longer, StopToken stop) {
  return longer.Visit([&](auto units) {
    if (shorter.size() <= 8) return BestOfWindows<uint8_t>(shorter, units, stop);
    if (shorter.size() <= 16) return BestOfWindows<uint16_t>(shorter, units, stop);
    if (shorter.size() <= 32) return BestOfWindows<uint32_t>(shorter, units, stop);
    return BestOfWindows<uint64_t>(shorter, units, stop);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(BestOfAnyWidth);

double BestShortPart(Text shorter, Text longer, StopToken stop) {
  return HWY_DYNAMIC_DISPATCH(BestOfAnyWidth)(shorter, longer, stop);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

// Blocks of pairs, the short ones of them many at a time: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_BLOCK_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_BLOCK_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_BLOCK_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "hwy/highway.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/columns-inl.h"
#include "kernels/string_distance/one_pair-inl.h"
#include "kernels/string_distance/pair_keys-inl.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/string_distance/text_lanes-inl.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

// What a block computes is a struct like this, all static:
//
//   using Score
//   using Cutoffs                                          cutoffs[i] is pair i's
//   size_t kUnitsMax                                       of texts in lanes
//   mask AreDecided(d, shorter, longer, cutoffs, size_t first, size_t count)
//                                                          sizes alone tell, of the pairs from
//                                                          `first` on: Alone() is quick
//   Score Alone(Text left, Text right, cutoff, StopToken)  one pair of any sizes
//   void Run(TextLanes&, size_t pairs, Score*)             as many as there are lanes
//   Score WithCutoff(Score, cutoff)                        for what Lanes() gave

// An edit distance whose columns are of this kind (columns-inl.h), at least the sizes' difference.
template <template <class> class ColumnOf>
struct EditDistance {
  using Score = int64_t;
  using Cutoffs = ScoreCutoffs;
  static constexpr size_t kUnitsMax =
      kOfManyWords<ColumnOf<uint64_t>> ? kTwoWordUnits : kShortUnits;

#if KERNELSERVE_TEXT_LANES
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE hn::Mask<D> AreDecided(D d, V shorter, V longer, const ScoreCutoffs& cutoffs,
                                           size_t first, size_t count) {
    const hn::RebindToSigned<D> di;
    hn::Vec<decltype(di)> most;
    if (cutoffs.each.empty()) {
      most = hn::Set(di, cutoffs.all);
    } else if (count == hn::MaxLanes(d)) {
      most = hn::LoadU(di, cutoffs.each.data() + first);
    } else {
      HWY_ALIGN int64_t some[hn::MaxLanes(d)] = {};
      std::copy_n(cutoffs.each.data() + first, count, some);
      most = hn::Load(di, some);
    }
    return hn::RebindMask(d, hn::Gt(hn::BitCast(di, hn::Sub(longer, shorter)), most));
  }
#endif
  static HWY_INLINE int64_t Alone(Text left, Text right, int64_t cutoff, StopToken stop) {
    return Pair<ColumnOf<uint64_t>>(left, right, cutoff, stop);
  }
  template <class Lanes>
  static HWY_INLINE void Run(Lanes& lanes, size_t pairs, int64_t* distances) {
    using Lane = typename Lanes::Lane;
    const hn::ScalableTag<Lane> d;
    using Word = ColumnOf<typename Lanes::Vector>;
    std::conditional_t<Lanes::kWords == 1, Word, TwoWordColumn<Word, typename Lanes::Vector>>
        column(hn::Set(d, static_cast<Lane>(~Lane{0})));
    lanes.Scan(pairs, column);
    HWY_ALIGN Lane last[Lanes::kPairs];
    hn::Store(column.Distance(lanes.rows(), lanes.text_sizes()), d, last);
    for (size_t lane = 0; lane < pairs; ++lane) distances[lane] = static_cast<int64_t>(last[lane]);
  }
  static HWY_INLINE int64_t WithCutoff(int64_t distance, int64_t cutoff) {
    return kernelserve::WithCutoff(distance, cutoff);
  }
};

#if KERNELSERVE_TEXT_LANES

// With fewer pairs in a class, one at a time is quicker.
constexpr size_t kGroupPairsMin = 4;

// Whether the match mask of a vector of units is whole bytes, as TextLanes has it.
template <typename Unit>
constexpr bool kGroupable = HWY_LANES(Unit) >= 8;

// Sets out[i] for the pairs of one class, in order of their texts' length.
template <class Metric, typename Unit, size_t kBits>
void RunClass(std::span<const uint16_t> order, TextColumn left, TextColumn right,
              typename Metric::Cutoffs cutoffs, size_t begin,
              std::span<typename Metric::Score> out) {
  TextLanes<Unit, kBits> lanes;
  std::array<typename Metric::Score, TextLanes<Unit, kBits>::kPairs> scores;
  while (!order.empty()) {
    const size_t pairs = std::min(order.size(), scores.size());
    for (size_t lane = 0; lane < pairs; ++lane) {
      const size_t pair = begin + order[lane];
      const auto a = reinterpret_cast<uintptr_t>(&left[pair]);
      const auto b = reinterpret_cast<uintptr_t>(&right[pair]);
      // By arithmetic, not by branch: which is longer can't be predicted.
      const uintptr_t swap = (a ^ b) & -uintptr_t{left[pair].size() < right[pair].size()};
      lanes.Set(lane, /*pattern=*/*reinterpret_cast<const Text*>(a ^ swap),
                *reinterpret_cast<const Text*>(b ^ swap));
    }
    Metric::Run(lanes, pairs, scores.data());
    for (size_t lane = 0; lane < pairs; ++lane) {
      const size_t pair = begin + order[lane];
      out[pair] = Metric::WithCutoff(scores[lane], cutoffs[pair]);
    }
    order = order.subspan(pairs);
  }
}

template <class Metric>
void RunClass(size_t number, std::span<const uint16_t> order, TextColumn left, TextColumn right,
              typename Metric::Cutoffs cutoffs, size_t begin,
              std::span<typename Metric::Score> out) {
  switch (number) {
#define KERNELSERVE_CLASS(number, Unit, kBits)                                   \
  case number:                                                                   \
    if constexpr (kGroupable<Unit> && ((kBits) <= 64 || Metric::kUnitsMax > 64)) \
      RunClass<Metric, Unit, kBits>(order, left, right, cutoffs, begin, out);    \
    return;
    KERNELSERVE_CLASS(0, uint8_t, 8)
    KERNELSERVE_CLASS(1, uint8_t, 16)
    KERNELSERVE_CLASS(2, uint8_t, 32)
    KERNELSERVE_CLASS(3, uint8_t, 64)
    KERNELSERVE_CLASS(4, uint8_t, 128)
    KERNELSERVE_CLASS(5, uint16_t, 8)
    KERNELSERVE_CLASS(6, uint16_t, 16)
    KERNELSERVE_CLASS(7, uint16_t, 32)
    KERNELSERVE_CLASS(8, uint16_t, 64)
    KERNELSERVE_CLASS(9, uint16_t, 128)
    KERNELSERVE_CLASS(10, uint32_t, 8)
    KERNELSERVE_CLASS(11, uint32_t, 16)
    KERNELSERVE_CLASS(12, uint32_t, 32)
    KERNELSERVE_CLASS(13, uint32_t, 64)
    KERNELSERVE_CLASS(14, uint32_t, 128)
#undef KERNELSERVE_CLASS
  }
}

// Pairs [begin, begin + count), count <= kSortedPairs: a counting sort, then class by class.
template <class Metric>
void SortedPairs(TextColumn left, TextColumn right, typename Metric::Cutoffs cutoffs, size_t begin,
                 size_t count, std::span<typename Metric::Score> out, StopToken stop) {
  std::array<uint16_t, kUnitClasses * kUnitKeys> ends{};  // first how many, then where they end
  std::array<uint16_t, kSortedPairs> keys;
  PairKeys<Metric>(left, right, cutoffs).Find(begin, count, keys.data());
  for (size_t i = 0; i < count; ++i) ++ends[keys[i]];
  uint16_t sum = 0;
  for (size_t unit_class = 0; unit_class < kUnitClasses && sum < count; ++unit_class) {
    for (size_t key = 0; key < kUnitKeys; ++key) {
      uint16_t& end = ends[unit_class * kUnitKeys + key];
      end = std::exchange(sum, static_cast<uint16_t>(sum + end));
    }
  }
  std::array<uint16_t, kSortedPairs> order;
  for (size_t i = 0; i < count; ++i) order[ends[keys[i]]++] = static_cast<uint16_t>(i);

  size_t done = 0;
  const auto take_up_to = [&](size_t end) {
    const size_t from = std::exchange(done, end);
    return std::span<const uint16_t>(order).subspan(from, end - from);
  };
  const auto alone = [&](std::span<const uint16_t> some) {
    for (const uint16_t place : some) {
      const size_t pair = begin + place;
      out[pair] = Metric::Alone(left[pair], right[pair], cutoffs[pair], stop);
    }
  };
  for (size_t unit_class = 0; unit_class < kUnitClasses && done < count; ++unit_class) {
    const uint16_t* const unit_ends = ends.data() + unit_class * kUnitKeys;
    for (size_t lane_class = 0; lane_class < kLaneBits.size(); ++lane_class) {
      const auto some = take_up_to(unit_ends[kLaneKeys[lane_class + 1] - 1]);
      if (some.size() < kGroupPairsMin || (unit_class == 2 && !kGroupable<uint32_t>)) {
        alone(some);
      } else {
        RunClass<Metric>(unit_class * kLaneBits.size() + lane_class, some, left, right, cutoffs,
                         begin, out);
      }
    }
    alone(take_up_to(unit_ends[kAlone]));
  }
}

template <class Metric>
HWY_INLINE void Pairs(TextColumn left, TextColumn right, typename Metric::Cutoffs cutoffs,
                      std::span<typename Metric::Score> out, StopToken stop) {
  if (out.size() < kGroupPairsMin) {
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = Metric::Alone(left[i], right[i], cutoffs[i], stop);
    return;
  }
  size_t begin = 0;
  for (; begin < out.size() && !stop.stopped(); begin += kSortedPairs) {
    SortedPairs<Metric>(left, right, cutoffs, begin, std::min(kSortedPairs, out.size() - begin),
                        out, stop);
  }
  // Nobody looks at these, but sums are made of them on the way.
  std::fill(out.begin() + std::min(begin, out.size()), out.end(), 0);
}

#else

template <class Metric>
HWY_INLINE void Pairs(TextColumn left, TextColumn right, typename Metric::Cutoffs cutoffs,
                      std::span<typename Metric::Score> out, StopToken stop) {
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = Metric::Alone(left[i], right[i], cutoffs[i], stop);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

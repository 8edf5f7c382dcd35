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
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/columns-inl.h"
#include "kernels/string_distance/one_pair-inl.h"
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
//   bool IsDecided(size_t shorter, size_t longer, cutoff)  sizes alone tell: Alone() is quick
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

  static HWY_INLINE bool IsDecided(size_t shorter, size_t longer, int64_t cutoff) {
    return static_cast<int64_t>(longer - shorter) > cutoff;
  }
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

// Pairs are sorted by the class of their unit, then of their lane, and then by their text's size,
// so that a group's lanes end close together. Those that are compared alone come last in their
// unit's. Tables, as a branch can't predict lengths.
constexpr size_t kUnitClasses = 3;  // 1, 2 and 4 bytes
constexpr std::array<size_t, 5> kLaneBits = {8, 16, 32, 64, 128};

// The first key of each class of lane; there is one for each size that its texts have, or for
// kSizesAKey of them where patterns take two words.
constexpr size_t kSizesAKey = 8;
constexpr std::array<uint8_t, 6> kLaneKeys = {0, 8, 24, 56, 120, 120 + kTwoWordUnits / kSizesAKey};
constexpr uint8_t kAlone = kLaneKeys.back();
constexpr size_t kUnitKeys = kAlone + 1;

// By the pattern's size: the key for a text of 0 units, were there such.
constexpr auto kKeysOf = [] {
  std::array<uint8_t, kShortUnits + 1> keys{};
  for (size_t size = 1, lane = 0; size < keys.size(); ++size) {
    if (size > kLaneBits[lane]) ++lane;
    keys[size] = static_cast<uint8_t>(kLaneKeys[lane] - 1);
  }
  return keys;
}();

// By the widths of both texts, or-ed: the first key of the class of unit that holds both.
constexpr std::array<uint16_t, 8> kUnitKeysOf = {
    0, 0, kUnitKeys, kUnitKeys, 2 * kUnitKeys, 2 * kUnitKeys, 2 * kUnitKeys, 2 * kUnitKeys};

// Pairs that are sorted at a time.
constexpr size_t kSortedPairs = 1024;
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
      // By index, not by branch: which is longer can't be predicted.
      const size_t pair = begin + order[lane];
      const Text* const sides[] = {&left[pair], &right[pair]};
      const size_t longer = sides[0]->size() < sides[1]->size();
      lanes.Set(lane, /*pattern=*/*sides[longer], *sides[1 - longer]);
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

// Whether texts begin and end alike: then Alone(), which leaves out what is common, is quicker.
HWY_INLINE bool ShareEnds(const Text& a, const Text& b) {
  constexpr size_t kBytes = 16;
  const auto width = static_cast<size_t>(a.width());
  if (a.width() != b.width() || std::min(a.size(), b.size()) * width < kBytes) return false;
  const auto* const a_bytes = static_cast<const uint8_t*>(a.data());
  const auto* const b_bytes = static_cast<const uint8_t*>(b.data());
  return std::memcmp(a_bytes, b_bytes, kBytes) == 0 &&
         std::memcmp(a_bytes + a.size() * width - kBytes, b_bytes + b.size() * width - kBytes,
                     kBytes) == 0;
}

// Pairs [begin, begin + count), count <= kSortedPairs: a counting sort, then class by class.
template <class Metric>
void SortedPairs(TextColumn left, TextColumn right, typename Metric::Cutoffs cutoffs, size_t begin,
                 size_t count, std::span<typename Metric::Score> out, StopToken stop) {
  std::array<uint16_t, kUnitClasses * kUnitKeys> ends{};  // first how many, then where they end
  std::array<uint16_t, kSortedPairs> keys;
  unsigned widths = 0;
  for (size_t i = 0; i < count; ++i) {
    const Text& a = left[begin + i];
    const Text& b = right[begin + i];
    hwy::Prefetch(a.data());  // in the texts' own order; it is read in the sorted one
    hwy::Prefetch(b.data());
    // By arithmetic, not by branch: which is longer can't be predicted.
    const size_t either = a.size() ^ b.size();
    const size_t longer = a.size() ^ (either & (size_t{0} - (a.size() < b.size())));
    const size_t shorter = longer ^ either;
    uint8_t key = kAlone;
    if (longer <= kShortUnits && shorter > 0 &&
        !Metric::IsDecided(shorter, longer, cutoffs[begin + i])) {
      key = static_cast<uint8_t>(kKeysOf[longer] + shorter);
    } else if constexpr (Metric::kUnitsMax > kShortUnits) {
      if (longer > kShortUnits && longer <= Metric::kUnitsMax && shorter > 0 &&
          !Metric::IsDecided(shorter, longer, cutoffs[begin + i]) && !ShareEnds(a, b)) {
        key = static_cast<uint8_t>(kLaneKeys[4] + (shorter - 1) / kSizesAKey);
      }
    }
    const auto width = static_cast<unsigned>(a.width() | b.width());
    keys[i] = static_cast<uint16_t>(kUnitKeysOf[width] + key);
    widths |= width;
    ++ends[keys[i]];
  }
  uint16_t sum = 0;
  for (size_t unit_class = 0; unit_class < kUnitClasses; ++unit_class) {
    if ((widths >> unit_class & 1) == 0) continue;
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
  for (size_t unit_class = 0; unit_class < kUnitClasses; ++unit_class) {
    if ((widths >> unit_class & 1) == 0) continue;
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

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/pair_groups.cc"
#include "kernels/string_distance/pair_groups.h"

#include <algorithm>
#include <array>
#include <utility>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/lane_filler-inl.h"
#include "kernels/string_distance/pair_keys-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// Whether the match mask of a vector of units is whole bytes, as LaneFiller has it.
template <typename Unit>
constexpr bool kGroupable = HWY_LANES(Unit) >= 8;

// Up to kSortedPairs pairs of a block.
class SortedPairs {
 public:
  SortedPairs(TextColumn left, TextColumn right, const GroupScorer& scorer, const void* block)
      : left_(left), right_(right), scorer_(scorer), block_(block) {}

  void Score(size_t begin, size_t count, const ScoreCutoffs& cutoffs) {
    begin_ = begin;
    PairKeys(left_, right_, cutoffs, scorer_.units_max).Find(begin, count, &table_);
    Sort(count);
    size_t done = 0;
    const auto take_up_to = [&](size_t end) {
      const size_t from = std::exchange(done, end);
      return std::span<const uint16_t>(order_).subspan(from, end - from);
    };
    for (size_t unit_class = 0; unit_class < kUnitClasses && done < count; ++unit_class) {
      const uint16_t* const unit_ends = ends_.data() + unit_class * kUnitKeys;
      for (size_t lane_class = 0; lane_class < kLaneBits.size(); ++lane_class) {
        const auto some = take_up_to(unit_ends[kLaneKeys[lane_class + 1] - 1]);
        if (some.empty()) continue;
        if (some.size() < scorer_.group_pairs_min || (unit_class == 2 && !kGroupable<uint32_t>)) {
          ScoreAlone(some);
        } else if (unit_class == 0) {
          ScoreLanes<uint8_t>(lane_class, some);
        } else if (unit_class == 1) {
          ScoreLanes<uint16_t>(lane_class, some);
        } else {
          ScoreLanes<uint32_t>(lane_class, some);
        }
      }
      ScoreAlone(take_up_to(unit_ends[kAlone]));
    }
  }

 private:
  // By keys, counting how many there are of each.
  void Sort(size_t count) {
    ends_ = {};
    for (size_t i = 0; i < count; ++i) ++ends_[table_.keys[i]];
    uint16_t sum = 0;
    for (size_t unit_class = 0; unit_class < kUnitClasses && sum < count; ++unit_class) {
      for (size_t key = 0; key < kUnitKeys; ++key) {
        uint16_t& end = ends_[unit_class * kUnitKeys + key];
        end = std::exchange(sum, static_cast<uint16_t>(sum + end));
      }
    }
    for (size_t i = 0; i < count; ++i) {
      order_[ends_[table_.keys[i]]++] = static_cast<uint16_t>(i);
    }
  }

  void ScoreAlone(std::span<const uint16_t> some) {
    for (const uint16_t place : some) scorer_.alone(begin_ + place, block_);
  }

  template <typename Unit>
  void ScoreLanes(size_t lane_class, std::span<const uint16_t> some) {
    if constexpr (kGroupable<Unit>) {
      switch (lane_class) {
        case 0:
          return ScoreGroups<Unit, 0>(some);
        case 1:
          return ScoreGroups<Unit, 1>(some);
        case 2:
          return ScoreGroups<Unit, 2>(some);
        case 3:
          return ScoreGroups<Unit, 3>(some);
        default:
          return ScoreGroups<Unit, 4>(scorer_.alone_strips_affixes ? LeaveOutSharedEnds(some)
                                                                   : some);
      }
    }
  }

  template <typename Unit, size_t kLaneClass>
  HWY_NOINLINE void ScoreGroups(std::span<const uint16_t> some) {
    LaneFiller<Unit, kLaneBits[kLaneClass]> filler;
    std::array<uint32_t, decltype(filler)::kPairs> pairs;
    while (!some.empty()) {
      const size_t count = std::min(some.size(), pairs.size());
      for (size_t lane = 0; lane < count; ++lane) {
        const size_t i = some[lane];
        const uint32_t shape = table_.shapes[i];
        filler.Set(
            lane,
            {reinterpret_cast<const void*>(table_.patterns[i]), shape & 0xff, shape >> 16 & 0xff},
            {reinterpret_cast<const void*>(table_.texts[i]), shape >> 8 & 0xff, shape >> 24});
        pairs[lane] = static_cast<uint32_t>(begin_ + i);
      }
      scorer_.groups[kLaneClass](&filler.Finish(count), std::span(pairs).first(count), block_);
      some = some.subspan(count);
    }
  }

  // Scores those that begin and end alike, and returns the others.
  std::span<const uint16_t> LeaveOutSharedEnds(std::span<const uint16_t> some) {
    uint16_t* const begin = order_.data() + (some.data() - order_.data());
    uint16_t* end = begin;
    for (const uint16_t place : some) {
      if (ShareEnds(left_[begin_ + place], right_[begin_ + place])) {
        scorer_.alone(begin_ + place, block_);
      } else {
        *end++ = place;
      }
    }
    return {begin, end};
  }

  const TextColumn left_;
  const TextColumn right_;
  const GroupScorer& scorer_;
  const void* const block_;
  size_t begin_;
  PairTable table_;
  std::array<uint16_t, kUnitClasses * kUnitKeys> ends_;  // where the pairs of each key end
  std::array<uint16_t, kSortedPairs> order_;
};

size_t SortAndScore(TextColumn left, TextColumn right, size_t count, const ScoreCutoffs& cutoffs,
                    const GroupScorer& scorer, const void* block, StopToken stop) {
  size_t begin = 0;
  if (count >= scorer.group_pairs_min) {
    SortedPairs pairs(left, right, scorer, block);
    for (; begin < count && !stop.stopped(); begin += std::min(kSortedPairs, count - begin)) {
      pairs.Score(begin, std::min(kSortedPairs, count - begin), cutoffs);
    }
  }
  for (; begin < count && !stop.stopped(); ++begin) scorer.alone(begin, block);
  return begin;
}

#else

size_t SortAndScore(TextColumn, TextColumn, size_t count, const ScoreCutoffs&,
                    const GroupScorer& scorer, const void* block, StopToken stop) {
  size_t i = 0;
  for (; i < count && !stop.stopped(); ++i) scorer.alone(i, block);
  return i;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(SortAndScore);

size_t ScorePairs(TextColumn left, TextColumn right, size_t count, const ScoreCutoffs& cutoffs,
                  const GroupScorer& scorer, const void* block, StopToken stop) {
  return HWY_DYNAMIC_DISPATCH(SortAndScore)(left, right, count, cutoffs, scorer, block, stop);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

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

#include "hwy/highway.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/columns-inl.h"
#include "kernels/string_distance/one_pair-inl.h"
#include "kernels/string_distance/pair_groups.h"
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
//   size_t kUnitsMax                                       of texts in lanes
//   size_t kGroupPairsMin                                  with fewer of a class, Alone() is
//   quicker bool kAloneStripsAffixes                               what long texts share costs
//   little alone Score Alone(Text left, Text right, cutoff, StopToken)  one pair of any sizes, at
//   once where
//                                                          these are further apart than the cutoff
//   void Run(const TextLanes&, size_t pairs, Score*)       a lane each
//   Score WithCutoff(Score, cutoff)                        for what Run() gave

// An edit distance whose columns are of this kind (columns-inl.h), at least the sizes' difference.
template <template <class> class ColumnOf>
struct EditDistance {
  using Score = int64_t;
  static constexpr size_t kUnitsMax =
      kOfManyWords<ColumnOf<uint64_t>> ? kTwoWordUnits : kShortUnits;
  static constexpr size_t kGroupPairsMin = 4;
  static constexpr bool kAloneStripsAffixes = true;

  static HWY_INLINE int64_t Alone(Text left, Text right, int64_t cutoff, StopToken stop) {
    return Pair<ColumnOf<uint64_t>>(left, right, cutoff, stop);
  }
  template <class Lanes>
  static HWY_INLINE void Run(const Lanes& lanes, size_t pairs, int64_t* distances) {
    using Lane = typename Lanes::Lane;
    const typename Lanes::D d;
    using Word = ColumnOf<typename Lanes::Vector>;
    std::conditional_t<Lanes::kWords == 1, Word, TwoWordColumn<Word, typename Lanes::Vector>>
        column(hn::Set(d, static_cast<Lane>(~Lane{0})));
    lanes.Scan(column);
    HWY_ALIGN Lane last[Lanes::kPairs];
    hn::Store(column.Distance(lanes.Rows(), lanes.TextSizes()), d, last);
    for (size_t lane = 0; lane < pairs; ++lane) distances[lane] = last[lane];
  }
  static HWY_INLINE int64_t WithCutoff(int64_t distance, int64_t cutoff) {
    return kernelserve::WithCutoff(distance, cutoff);
  }
};

// A block of pairs, and where their scores go.
template <class Metric>
struct PairBlock {
  TextColumn left;
  TextColumn right;
  const ScoreCutoffs& cutoffs;
  typename Metric::Score* out;
  StopToken stop;
};

template <class Metric>
void ScoreAlone(size_t pair, const void* block) {
  const auto& pairs = *static_cast<const PairBlock<Metric>*>(block);
  pairs.out[pair] =
      Metric::Alone(pairs.left[pair], pairs.right[pair], pairs.cutoffs[pair], pairs.stop);
}

template <class Metric, size_t kBits>
void ScoreGroup(const void* lanes, std::span<const uint32_t> pairs, const void* block) {
#if KERNELSERVE_TEXT_LANES
  if constexpr (kBits <= 64 || Metric::kUnitsMax > 64) {
    const auto& out = *static_cast<const PairBlock<Metric>*>(block);
    std::array<typename Metric::Score, TextLanes<kBits>::kPairs> scores;
    Metric::Run(*static_cast<const TextLanes<kBits>*>(lanes), pairs.size(), scores.data());
    for (size_t lane = 0; lane < pairs.size(); ++lane) {
      out.out[pairs[lane]] = Metric::WithCutoff(scores[lane], out.cutoffs[pairs[lane]]);
    }
  }
#endif
}

template <class Metric>
HWY_INLINE void Pairs(TextColumn left, TextColumn right, const ScoreCutoffs& cutoffs,
                      std::span<typename Metric::Score> out, StopToken stop) {
  static constexpr GroupScorer kScorer = {
      .units_max = Metric::kUnitsMax,
      .group_pairs_min = Metric::kGroupPairsMin,
      .alone_strips_affixes = Metric::kAloneStripsAffixes,
      .groups = {ScoreGroup<Metric, kLaneBits[0]>, ScoreGroup<Metric, kLaneBits[1]>,
                 ScoreGroup<Metric, kLaneBits[2]>, ScoreGroup<Metric, kLaneBits[3]>,
                 ScoreGroup<Metric, kLaneBits[4]>},
      .alone = ScoreAlone<Metric>};
  const PairBlock<Metric> block = {left, right, cutoffs, out.data(), stop};
  const size_t scored = ScorePairs(left, right, out.size(), cutoffs, kScorer, &block, stop);
  // Nobody looks at these, but sums are made of them on the way.
  std::fill(out.begin() + scored, out.end(), 0);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

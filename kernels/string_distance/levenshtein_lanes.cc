#include "kernels/string_distance/levenshtein_lanes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/levenshtein_lanes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Pairs are taken in order of their steps, so that those in one vector have about as many; from
// this many at a time.
constexpr size_t kSortedRows = 128;

#if HWY_TARGET == HWY_SCALAR

void Lanes(std::span<const Text>, std::span<const Text>, const ScoreCutoffs&,
           std::span<int64_t> out) {
  std::fill(out.begin(), out.end(), kLevenshteinLong);
}

#else

constexpr size_t kUnits = kLevenshteinLaneUnits;

// Copies a text of 1 to 16 bytes to `to`, and whatever follows it up to 16.
HWY_INLINE void CopyPadded(const Text& text, uint8_t* HWY_RESTRICT to) {
#if HWY_IS_ASAN || HWY_IS_MSAN
  std::memcpy(to, text.data(), text.size());
#else
  // Memory comes in pages: what lies on the page of the first byte can be read.
  constexpr uintptr_t kPage = 4096;
  if ((reinterpret_cast<uintptr_t>(text.data()) & (kPage - 1)) <= kPage - kUnits) {
    std::memcpy(to, text.data(), kUnits);
  } else {
    std::memcpy(to, text.data(), text.size());
  }
#endif
}

// The pairs of one vector: pair `order[lane]` in each lane, the last one repeated where there are
// fewer. The longer text is the pattern, as each unit of the other is a step.
struct Group {
  static constexpr size_t kLanes = HWY_LANES(uint16_t);

  void Load(std::span<const Text> left, std::span<const Text> right, const uint8_t* order,
            size_t count) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const size_t i = order[std::min(lane, count - 1)];
      // By index, not by branch: which one is longer can't be predicted.
      const Text* const sides[] = {&left[i], &right[i]};
      const size_t longer = left[i].size() < right[i].size();
      const Text& pattern = *sides[longer];
      const Text& text = *sides[1 - longer];
      CopyPadded(pattern, patterns + lane * kUnits);
      CopyPadded(text, texts + lane * kUnits);
      steps[lane] = static_cast<uint16_t>(text.size());
      pattern_rows[lane] = static_cast<uint16_t>((1u << pattern.size()) - 1);
    }
    // In order of steps.
    steps_min = steps[0];
    steps_max = steps[kLanes - 1];
  }

  HWY_ALIGN uint8_t patterns[kLanes * kUnits];
  HWY_ALIGN uint8_t texts[kLanes * kUnits];
  HWY_ALIGN uint16_t steps[kLanes];
  HWY_ALIGN uint16_t pattern_rows[kLanes];  // a bit for each unit of the pattern
  size_t steps_min;
  size_t steps_max;
};

// matches[step][lane]: where unit `step` of the text occurs in the pattern, a bit for each place.
// A vector of bytes holds a few patterns of 16 units each; one shuffle repeats a unit of each text
// 16 times beside its pattern, and the mask of one comparison is the masks of as many lanes.
HWY_INLINE void FindMatches(const Group& group, uint16_t* HWY_RESTRICT matches) {
  const hn::ScalableTag<uint8_t> d;
  constexpr size_t kBytes = HWY_LANES(uint8_t);
  constexpr size_t kLanesAtOnce = kBytes / kUnits;
  for (size_t lane = 0; lane < Group::kLanes; lane += kLanesAtOnce) {
    const auto pattern = hn::Load(d, group.patterns + lane * kUnits);
    const auto text = hn::Load(d, group.texts + lane * kUnits);
    for (size_t step = 0; step < group.steps_max; ++step) {
      const auto unit = hn::TableLookupBytes(text, hn::Set(d, static_cast<uint8_t>(step)));
      hn::StoreMaskBits(d, hn::Eq(unit, pattern),
                        reinterpret_cast<uint8_t*>(matches + step * Group::kLanes + lane));
    }
  }
}

// Hyyrö 2003 in 16-bit lanes, as levenshtein_short.cc has it in a 64-bit word.
HWY_INLINE void Distances(const Group& group, const uint16_t* HWY_RESTRICT matches,
                          uint16_t* HWY_RESTRICT distances) {
  const hn::ScalableTag<uint16_t> d;
  const auto steps = hn::Load(d, group.steps);
  const auto one = hn::Set(d, uint16_t{1});
  auto vp = hn::Set(d, uint16_t{0xffff});
  auto vn = hn::Zero(d);
  for (size_t step = 0; step < group.steps_max; ++step) {
    const auto match = hn::Load(d, matches + step * Group::kLanes);
    const auto carried = hn::Xor(hn::Add(hn::And(match, vp), vp), vp);
    const auto d0 = hn::Or(hn::Or(carried, match), vn);
    const auto hp = hn::Or(hn::ShiftLeft<1>(hn::Or(vn, hn::Not(hn::Or(d0, vp)))), one);
    const auto down_step = hn::ShiftLeft<1>(hn::And(d0, vp));
    const auto next_vp = hn::Or(down_step, hn::Not(hn::Or(d0, hp)));
    const auto next_vn = hn::And(hp, d0);
    if (step < group.steps_min) {
      vp = next_vp;
      vn = next_vn;
    } else {  // lanes whose text has ended stay as they are
      const auto lives = hn::Gt(steps, hn::Set(d, static_cast<uint16_t>(step)));
      vp = hn::IfThenElse(lives, next_vp, vp);
      vn = hn::IfThenElse(lives, next_vn, vn);
    }
  }
  const auto rows = hn::Load(d, group.pattern_rows);
  const auto up = hn::PopulationCount(hn::And(vp, rows));
  const auto down = hn::PopulationCount(hn::And(vn, rows));
  hn::Store(hn::Sub(hn::Add(steps, up), down), d, distances);
}

HWY_INLINE int64_t WithCutoff(int64_t distance, int64_t cutoff) {
  return distance <= cutoff ? distance : cutoff + 1;
}

void SortedRows(std::span<const Text> left, std::span<const Text> right,
                const ScoreCutoffs& cutoffs, size_t first, std::span<int64_t> out) {
  // A counting sort by steps; pairs that are not for lanes, and those with no steps, come out here.
  constexpr size_t kNotTaken = kUnits + 1;
  std::array<uint8_t, kSortedRows> steps;
  std::array<uint8_t, kNotTaken + 2> begins = {};
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t sizes[] = {left[i].size(), right[i].size()};
    const size_t which = sizes[0] < sizes[1];
    const size_t longer = sizes[which];
    const size_t shorter = sizes[1 - which];
    const bool narrow = (left[i].width() | right[i].width()) == 1;
    const bool taken = longer <= kUnits && narrow && shorter > 0;
    steps[i] = static_cast<uint8_t>(taken ? shorter : kNotTaken);
    ++begins[steps[i] + 1u];
    out[i] = kLevenshteinLong;
    if (shorter == 0) out[i] = WithCutoff(static_cast<int64_t>(longer), cutoffs[first + i]);
  }
  for (size_t s = 1; s < begins.size(); ++s) {
    begins[s] = static_cast<uint8_t>(begins[s] + begins[s - 1]);
  }
  const size_t taken = begins[kNotTaken];
  std::array<uint8_t, kSortedRows> order;
  for (size_t i = 0; i < out.size(); ++i) order[begins[steps[i]]++] = static_cast<uint8_t>(i);

  Group group;
  HWY_ALIGN uint16_t matches[kUnits * Group::kLanes];
  HWY_ALIGN uint16_t distances[Group::kLanes];
  for (size_t begin = 0; begin < taken; begin += Group::kLanes) {
    const size_t count = std::min(Group::kLanes, taken - begin);
    group.Load(left, right, order.data() + begin, count);
    FindMatches(group, matches);
    Distances(group, matches, distances);
    for (size_t lane = 0; lane < count; ++lane) {
      const size_t i = order[begin + lane];
      out[i] = WithCutoff(distances[lane], cutoffs[first + i]);
    }
  }
}

void Lanes(std::span<const Text> left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
           std::span<int64_t> out) {
  for (size_t first = 0; first < out.size(); first += kSortedRows) {
    const size_t count = std::min(kSortedRows, out.size() - first);
    SortedRows(left.subspan(first, count), right.subspan(first, count), cutoffs, first,
               out.subspan(first, count));
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(Lanes);

void LevenshteinLanesBlock(std::span<const Text> left, std::span<const Text> right,
                           const ScoreCutoffs& cutoffs, std::span<int64_t> out) {
  HWY_DYNAMIC_DISPATCH(Lanes)(left, right, cutoffs, out);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

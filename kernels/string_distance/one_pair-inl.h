// One pair whose shorter text has at most 64 units, the matrix's column in one word: included once
// for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_ONE_PAIR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_ONE_PAIR_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_ONE_PAIR_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_ONE_PAIR_INL_H_
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "hwy/highway.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Units of text whose match masks are found before the column advances over them. (Through memory:
// a mask register's bits, widened to a word, are not to be trusted to gcc 12, which may spill fewer
// of them than it loads again.)
constexpr size_t kChunkUnits = 64;

// Advances over the text; match(units, matches) sets the masks of up to kChunkUnits units.
template <class Column, typename Unit, typename Match>
HWY_INLINE int64_t Run(size_t m, std::span<const Unit> text, StopToken stop, Match&& match) {
  Column column(~uint64_t{0});
  HWY_ALIGN uint64_t matches[kChunkUnits] = {};
  for (size_t begin = 0; begin < text.size(); begin += kChunkUnits) {
    if (stop.stopped()) break;
    const auto chunk = text.subspan(begin, std::min(kChunkUnits, text.size() - begin));
    match(chunk, matches);
    for (size_t i = 0; i < chunk.size(); ++i) column.Advance(matches[i]);
  }
  return static_cast<int64_t>(column.Distance(~uint64_t{0} >> (kShortUnits - m), text.size()));
}

#if HWY_TARGET == HWY_SCALAR

template <class Column, typename Unit>
int64_t Distance(Text pattern, std::span<const Unit> text, StopToken stop) {
  const PatternMasks masks(pattern);
  PatternMasks::Reader reader(masks);
  return Run<Column>(pattern.size(), text, stop,
                     [&](std::span<const Unit> chunk, uint64_t* matches) {
                       for (size_t i = 0; i < chunk.size(); ++i)
                         matches[i] = *reader.Row(chunk[i], 0, 0);
                     });
}

#else

// The pattern in kVectors registers, one lane a unit, and whatever after its end.
template <class Column, typename Unit, size_t kVectors>
HWY_INLINE int64_t DistanceInVectors(const Unit* HWY_RESTRICT pattern, uint64_t representable,
                                     size_t m, std::span<const Unit> text, StopToken stop) {
  constexpr size_t kLanes = HWY_LANES(Unit);
  const hn::CappedTag<Unit, kLanes> d;
  return Run<Column>(m, text, stop, [&](std::span<const Unit> chunk, uint64_t* matches) HWY_ATTR {
    for (size_t i = 0; i < chunk.size(); ++i) {
      const auto unit = hn::Set(d, chunk[i]);
      auto* const bytes = reinterpret_cast<uint8_t*>(matches + i);
      for (size_t v = 0; v < kVectors; ++v) {
        const auto equal = hn::Eq(hn::Load(d, pattern + v * kLanes), unit);
        if constexpr (kLanes >= 8) {
          hn::StoreMaskBits(d, equal, bytes + v * (kLanes / 8));
        } else {
          uint8_t bits;
          hn::StoreMaskBits(d, equal, &bits);
          matches[i] = (v == 0 ? 0 : matches[i]) | uint64_t{bits} << (v * kLanes);
        }
      }
    }
    if (representable == ~uint64_t{0}) return;
    for (size_t i = 0; i < chunk.size(); ++i) matches[i] &= representable;
  });
}

template <class Column, typename Unit>
int64_t Distance(Text pattern, std::span<const Unit> text, StopToken stop) {
  // In the text's width. Units of the pattern that it can't hold match nothing.
  HWY_ALIGN Unit units[kShortUnits];
  uint64_t representable = ~uint64_t{0};
  const size_t m = pattern.size();
  if (pattern.width() == sizeof(Unit)) {
    std::memcpy(units, pattern.data(), m * sizeof(Unit));
  } else {
    pattern.Visit([&](auto wide) {
      for (size_t i = 0; i < m; ++i) {
        units[i] = static_cast<Unit>(wide[i]);
        representable &= ~(uint64_t{units[i] != wide[i]} << i);
      }
    });
  }
  constexpr size_t kLanes = HWY_LANES(Unit);
  constexpr size_t kVectorsMax = kShortUnits / kLanes;
  if constexpr (kVectorsMax > 1) {
    if (m <= kLanes) return DistanceInVectors<Column, Unit, 1>(units, representable, m, text, stop);
  }
  if constexpr (kVectorsMax > 2) {
    if (m <= 2 * kLanes)
      return DistanceInVectors<Column, Unit, 2>(units, representable, m, text, stop);
  }
  return DistanceInVectors<Column, Unit, kVectorsMax>(units, representable, m, text, stop);
}

#endif

// One pair by itself. Requires that the distance be at least the difference of the sizes.
template <class Column>
HWY_INLINE int64_t Pair(Text left, Text right, int64_t cutoff, StopToken stop) {
  if (left.size() > right.size()) std::swap(left, right);
  const auto lengths_apart = static_cast<int64_t>(right.size() - left.size());
  if (lengths_apart > cutoff) return cutoff + 1;
  if (cutoff == 0) return left == right ? 0 : 1;
  if (left.empty()) return lengths_apart;
  if (left.size() > kShortUnits) return kNotShort;
  // The pattern is the longer where it fits, as each unit of the text is a step.
  if (right.size() <= kShortUnits) std::swap(left, right);
  const int64_t distance =
      right.Visit([&](auto units) { return Distance<Column>(/*pattern=*/left, units, stop); });
  return WithCutoff(distance, cutoff);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

// One pair whose shorter text has at most 64 units, the matrix's column in one word: included once
// for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_WORD_INL_H_) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_WORD_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_WORD_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_WORD_INL_H_
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
#include "kernels/string_distance/levenshtein_short.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A column and its advance by one unit of the text: Hyyrö 2003, steps as there. Bits above the
// pattern's last hold nothing of use, and never reach those below.
struct Column {
  uint64_t vp = ~uint64_t{0};
  uint64_t vn = 0;

  HWY_INLINE void Advance(uint64_t matches) {
    const uint64_t d0 = (((matches & vp) + vp) ^ vp) | (matches | vn);
    const uint64_t hp = ((vn | ~(d0 | vp)) << 1) | 1;
    const uint64_t hn = (d0 & vp) << 1;
    vp = hn | ~(d0 | hp);
    vn = hp & d0;
  }

  // D[m][n]: down the column from D[0][n] = n.
  HWY_INLINE int64_t Distance(size_t m, size_t n) const {
    const uint64_t rows = ~uint64_t{0} >> (kLevenshteinShortUnits - m);
    return static_cast<int64_t>(n) + std::popcount(vp & rows) - std::popcount(vn & rows);
  }
};

// The stop token is polled once in so many units of text.
constexpr size_t kPollUnits = 1 << 16;

// Advances over the text; `match` gives the mask of a unit.
template <typename Unit, typename Match>
HWY_INLINE int64_t Run(size_t m, std::span<const Unit> text, StopToken stop, Match&& match) {
  Column column;
  size_t i = 0;
  while (i < text.size() && !stop.stopped()) {
    const size_t end = std::min(text.size(), i + kPollUnits);
    for (; i < end; ++i) column.Advance(match(text[i]));
  }
  return column.Distance(m, text.size());
}

#if HWY_TARGET == HWY_SCALAR

template <typename Unit>
int64_t Distance(Text pattern, std::span<const Unit> text, StopToken stop) {
  const PatternMasks masks(pattern);
  PatternMasks::Reader reader(masks);
  return Run(pattern.size(), text, stop, [&](Unit unit) { return *reader.Row(unit, 0, 0); });
}

#else

// The bits of a mask of kLanes lanes.
template <size_t kLanes, class D, class M>
HWY_INLINE uint64_t MaskBits(D d, M mask) {
  using Bits = hwy::UnsignedFromSize<(kLanes < 8 ? 8 : kLanes) / 8>;
  Bits bits;
  hn::StoreMaskBits(d, mask, reinterpret_cast<uint8_t*>(&bits));
  return bits;
}

// The pattern in kVectors registers, one lane a unit, and whatever after its end.
template <typename Unit, size_t kVectors>
HWY_INLINE int64_t DistanceInVectors(const Unit* HWY_RESTRICT pattern, uint64_t representable,
                                     size_t m, std::span<const Unit> text, StopToken stop) {
  constexpr size_t kLanes = HWY_LANES(Unit);
  const hn::CappedTag<Unit, kLanes> d;
  return Run(m, text, stop, [&](Unit unit) HWY_ATTR {
    const auto wanted = hn::Set(d, unit);
    uint64_t matches = 0;
    for (size_t v = 0; v < kVectors; ++v) {
      const auto equal = hn::Eq(hn::Load(d, pattern + v * kLanes), wanted);
      matches |= MaskBits<kLanes>(d, equal) << (v * kLanes);
    }
    return matches & representable;
  });
}

template <typename Unit>
int64_t Distance(Text pattern, std::span<const Unit> text, StopToken stop) {
  // In the text's width. Units of the pattern that it can't hold match nothing.
  HWY_ALIGN Unit units[kLevenshteinShortUnits];
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
  constexpr size_t kVectorsMax = kLevenshteinShortUnits / kLanes;
  if constexpr (kVectorsMax > 1) {
    if (m <= kLanes) return DistanceInVectors<Unit, 1>(units, representable, m, text, stop);
  }
  if constexpr (kVectorsMax > 2) {
    if (m <= 2 * kLanes) return DistanceInVectors<Unit, 2>(units, representable, m, text, stop);
  }
  return DistanceInVectors<Unit, kVectorsMax>(units, representable, m, text, stop);
}

#endif

HWY_INLINE int64_t WithCutoff(int64_t distance, int64_t cutoff) {
  return distance <= cutoff ? distance : cutoff + 1;
}

HWY_INLINE int64_t Pair(Text left, Text right, int64_t cutoff, StopToken stop) {
  if (left.size() > right.size()) std::swap(left, right);
  const auto lengths_apart = static_cast<int64_t>(right.size() - left.size());
  if (lengths_apart > cutoff) return cutoff + 1;
  if (cutoff == 0) return left == right ? 0 : 1;
  if (left.empty()) return lengths_apart;
  if (left.size() > kLevenshteinShortUnits) return kLevenshteinLong;
  // The pattern is the longer where it fits, as each unit of the text is a step.
  if (right.size() <= kLevenshteinShortUnits) std::swap(left, right);
  return WithCutoff(
      right.Visit([&](auto units) { return Distance(/*pattern=*/left, units, stop); }), cutoff);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

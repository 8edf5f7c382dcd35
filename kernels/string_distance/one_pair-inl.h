// One pair whose shorter text has at most 128 units, the matrix's column in one word or two:
// included once for each SIMD target.

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
#include "kernels/string_distance/columns-inl.h"
#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/short_pattern-inl.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Units of text whose match masks are found before the column advances over them.
constexpr size_t kChunkUnits = 64;

// Advances over the text, with as many of the pattern's units compared as kBits says.
template <class Column, size_t kBits, typename Unit>
HWY_INLINE int64_t Run(const ShortPattern<Unit>& pattern, size_t m, std::span<const Unit> text,
                       StopToken stop) {
  Column column(~uint64_t{0});
  HWY_ALIGN uint64_t matches[kChunkUnits] = {};
  for (size_t begin = 0; begin < text.size(); begin += kChunkUnits) {
    if (stop.stopped()) break;
    const auto chunk = text.subspan(begin, std::min(kChunkUnits, text.size() - begin));
    pattern.template Match<kBits>(chunk, matches);
    for (size_t i = 0; i < chunk.size(); ++i) column.Advance(matches[i]);
  }
  return static_cast<int64_t>(column.Distance(~uint64_t{0} >> (kShortUnits - m), text.size()));
}

template <class Column, typename Unit>
int64_t Distance(Text pattern, std::span<const Unit> text, StopToken stop) {
  const ShortPattern<Unit> units(pattern);
  const size_t m = pattern.size();
  // In one vector or in two, if they hold it.
  constexpr size_t kLanes = std::max<size_t>(8, HWY_LANES(Unit));
  if constexpr (kLanes < kShortUnits) {
    if (m <= kLanes) return Run<Column, kLanes>(units, m, text, stop);
  }
  if constexpr (2 * kLanes < kShortUnits) {
    if (m <= 2 * kLanes) return Run<Column, 2 * kLanes>(units, m, text, stop);
  }
  return Run<Column, kShortUnits>(units, m, text, stop);
}

// Whether a column tells what goes from one word of rows to the next.
template <class Column>
constexpr bool kOfManyWords = requires {
  Column::kCarries;
};

// Of a pattern with over kShortUnits units and at most kTwoWordUnits.
template <class Column, typename Unit>
int64_t TwoWordDistance(Text pattern, std::span<const Unit> text, StopToken stop) {
  // So few that a CPU finds the next units' masks while the columns advance.
  constexpr size_t kUnits = 16;
  constexpr uint64_t kOnes = ~uint64_t{0};
  const auto [head, tail] = pattern.Visit([](auto units) {
    return std::pair(Text(units.first(kShortUnits)), Text(units.subspan(kShortUnits)));
  });
  const ShortPattern<Unit> first(head);
  const ShortPattern<Unit> second(tail);
  TwoWordColumn<Column, uint64_t> column(kOnes);
  HWY_ALIGN uint64_t matches[2][kUnits] = {};
  for (size_t begin = 0; begin < text.size(); begin += kUnits) {
    if (stop.stopped()) break;
    const auto units = text.subspan(begin, std::min(kUnits, text.size() - begin));
    first.template Match<kShortUnits>(units, matches[0]);
    second.template Match<kShortUnits>(units, matches[1]);
    for (size_t i = 0; i < units.size(); ++i) column.Advance(matches[0][i], matches[1][i]);
  }
  return static_cast<int64_t>(
      column.Distance(kOnes >> (kTwoWordUnits - pattern.size()), text.size()));
}

// One pair by itself. Requires that the distance be at least the difference of the sizes.
template <class Column>
HWY_INLINE int64_t Pair(Text left, Text right, int64_t cutoff, StopToken stop) {
  if (left.size() > right.size()) std::swap(left, right);
  const auto lengths_apart = static_cast<int64_t>(right.size() - left.size());
  if (lengths_apart > cutoff) return cutoff + 1;
  if (cutoff == 0) return left == right ? 0 : 1;
  if constexpr (kOfManyWords<Column>) {
    // Of shorter texts, what they share isn't worth the search.
    if (left.size() > kShortUnits && left.size() <= kTwoWordUnits) StripCommonAffix(&left, &right);
    if (left.size() > kShortUnits && left.size() <= kTwoWordUnits) {
      return WithCutoff(right.Visit([&](auto units) {
        return TwoWordDistance<Column>(/*pattern=*/left, units, stop);
      }),
                        cutoff);
    }
  }
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

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/jaro.cc"
#include "kernels/string_distance/jaro.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/jaro_scans-inl.h"
#include "kernels/string_distance/short_block-inl.h"

// Which units are common is decided unit by unit of the alphabet: of the places that a unit has in
// either text, in order, the first two within the window belong together; where one is too far
// before the other, it has no partner. So it does not matter from which text one looks.

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CC_ONCE
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CC_ONCE
namespace kernelserve {

double JaroSimilarity(size_t left_size, size_t right_size, JaroCounts counts) {
  if (counts.common == 0) return 0;
  const auto common = static_cast<double>(counts.common);
  const uint64_t transpositions = counts.out_of_order / 2;
  double sum = common / static_cast<double>(left_size);
  sum += common / static_cast<double>(right_size);
  sum += (common - static_cast<double>(transpositions)) / common;
  return sum / 3.0;
}

namespace jaro_internal {

// Of texts of up to this many units, similarities are sums of quotients from a table: divisions
// would take about as long as the scans.
constexpr size_t kQuotientUnits = 32;
constexpr auto kQuotients = [] {
  std::array<std::array<double, kQuotientUnits + 1>, kQuotientUnits + 1> quotients{};  // [b][a]
  for (size_t b = 1; b <= kQuotientUnits; ++b) {
    for (size_t a = 0; a <= b; ++a) {
      quotients[b][a] = static_cast<double>(a) / static_cast<double>(b);
    }
  }
  return quotients;
}();

// JaroSimilarity; where nothing is common, all quotients are 0.
inline double SmallSimilarity(size_t left_size, size_t right_size, JaroCounts counts) {
  const size_t transpositions = counts.out_of_order / 2;
  double sum = kQuotients[left_size][counts.common];
  sum += kQuotients[right_size][counts.common];
  sum += kQuotients[counts.common][counts.common - transpositions];
  return sum / 3.0;
}

// The places of each unit of a text: (unit, place), ascending.
using Places = std::vector<std::pair<uint32_t, uint32_t>>;

Places PlacesOf(Text text) {
  Places places;
  places.reserve(text.size());
  text.Visit([&](auto units) {
    for (size_t i = 0; i < units.size(); ++i) {
      places.emplace_back(units[i], static_cast<uint32_t>(i));
    }
  });
  std::sort(places.begin(), places.end());
  return places;
}

// Texts of any size, of two units or more in one of them.
JaroCounts CountsOfLong(Text left, Text right, StopToken stop) {
  const size_t window = JaroWindow(left.size(), right.size());
  const Places a = PlacesOf(left);
  if (stop.stopped()) return {};
  const Places b = PlacesOf(right);
  if (stop.stopped()) return {};
  std::vector<uint32_t> common_left;
  std::vector<uint32_t> common_right;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const auto [left_unit, left_place] = a[i];
    const auto [right_unit, right_place] = b[j];
    if (left_unit != right_unit) {
      left_unit < right_unit ? ++i : ++j;
    } else if (left_place > right_place + window) {
      ++j;
    } else if (right_place > left_place + window) {
      ++i;
    } else {
      common_left.push_back(left_place);
      common_right.push_back(right_place);
      ++i;
      ++j;
    }
  }
  std::sort(common_left.begin(), common_left.end());
  std::sort(common_right.begin(), common_right.end());
  JaroCounts counts{.common = common_left.size()};
  left.Visit([&](auto x) {
    right.Visit([&](auto y) {
      for (size_t i = 0; i < common_left.size(); ++i) {
        counts.out_of_order += x[common_left[i]] != y[common_right[i]];
      }
    });
  });
  return counts;
}

}  // namespace jaro_internal
}  // namespace kernelserve
#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CC_ONCE

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

struct Jaro {
  using Score = double;
  static constexpr size_t kUnitsMax = kShortUnits;

  static double Alone(Text left, Text right, int64_t, StopToken stop) {
    if (left.empty() || right.empty()) return left.empty() && right.empty() ? 1 : 0;
    if (left.size() == 1 && right.size() == 1) return left == right ? 1 : 0;
    return JaroSimilarity(left.size(), right.size(),
                          jaro_internal::CountsOfLong(left, right, stop));
  }

#if KERNELSERVE_TEXT_LANES
  template <class Lanes>
  static HWY_INLINE void Run(const Lanes& lanes, size_t pairs, double* similarities) {
    using Lane = typename Lanes::Lane;
    const typename Lanes::D d;
    const auto rows = lanes.Rows();
    const auto pattern_sizes = lanes.PatternSizes();
    // The pattern is the longer one: JaroWindow of its size.
    CommonUnits<Lanes> common(rows, HalfLessOne(d, pattern_sizes));
    lanes.Scan(common);
    OutOfOrder<Lanes> out_of_order(common.in_pattern(rows), common.in_text());
    lanes.Scan(out_of_order);
    HWY_ALIGN Lane commons[Lanes::kPairs];
    HWY_ALIGN Lane out_of_orders[Lanes::kPairs];
    HWY_ALIGN Lane sizes[Lanes::kPairs];
    HWY_ALIGN Lane text_sizes[Lanes::kPairs];
    hn::Store(hn::PopulationCount(common.in_text()), d, commons);
    hn::Store(out_of_order.count(), d, out_of_orders);
    hn::Store(pattern_sizes, d, sizes);
    hn::Store(lanes.TextSizes(), d, text_sizes);
    for (size_t lane = 0; lane < pairs; ++lane) {
      const JaroCounts counts = {commons[lane], out_of_orders[lane]};
      if constexpr (Lanes::kLaneBits <= jaro_internal::kQuotientUnits) {
        similarities[lane] = jaro_internal::SmallSimilarity(sizes[lane], text_sizes[lane], counts);
      } else {
        similarities[lane] = JaroSimilarity(sizes[lane], text_sizes[lane], counts);
      }
    }
  }
#endif

  static HWY_INLINE double WithCutoff(double similarity, int64_t) { return similarity; }

 private:
#if KERNELSERVE_TEXT_LANES
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V HalfLessOne(D d, V sizes) {
    using Lane = hn::TFromD<D>;
    if constexpr (sizeof(Lane) > 1) {
      return hn::ShiftRight<1>(hn::Sub(hn::Max(sizes, hn::Set(d, Lane{2})), hn::Set(d, Lane{2})));
    } else {
      // Sizes up to 8, by a table: there is no shift of bytes.
      HWY_ALIGN static constexpr uint8_t kWindows[16] = {0, 0, 0, 0, 1, 1, 2, 2, 3};
      return hn::TableLookupBytes(hn::LoadDup128(d, kWindows), sizes);
    }
  }
#endif
};

void JaroPairs(TextColumn left, std::span<const Text> right, std::span<double> out,
               StopToken stop) {
  Pairs<Jaro>(left, TextColumn(right), {.each = {}, .all = kNoCutoff}, out, stop);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(JaroPairs);

void JaroBlock(TextColumn left, std::span<const Text> right, std::span<double> out,
               StopToken stop) {
  HWY_DYNAMIC_DISPATCH(JaroPairs)(left, right, out, stop);
}

// Fitted to kernels/catalog_benchmark.cc.
double JaroCostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 15;
  constexpr double kUnitNs = 2.5;
  constexpr double kLongUnitNs = 60;
  const auto longer = static_cast<double>(std::max(left_size, right_size));
  return kPairNs + longer * (longer <= kShortUnits ? kUnitNs : kLongUnitNs);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

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
  static constexpr size_t kUnitsMax = kTwoWordUnits;
  static constexpr size_t kGroupPairsMin = 1;
  static constexpr bool kAloneStripsAffixes = false;

  static double Alone(Text left, Text right, int64_t, StopToken stop) {
    if (left.empty() || right.empty()) return left.empty() && right.empty() ? 1 : 0;
    if (left.size() == 1 && right.size() == 1) return left == right ? 1 : 0;
    return JaroSimilarity(left.size(), right.size(),
                          jaro_internal::CountsOfLong(left, right, stop));
  }

#if KERNELSERVE_TEXT_LANES
  // The scans as columns of TextLanes: of what the first one takes, the second one is told.
  template <class Lanes, class Common>
  struct FirstScan {
    Common common;
    typename Lanes::Lane* taken;

    template <class... Matches>
    HWY_INLINE void Advance(Matches... matches) {
      hn::Store(common.Take(matches...), typename Lanes::D(), taken);
      taken += Lanes::kPairs;
    }
    template <class Mask, class... Matches>
    HWY_INLINE void AdvanceWhere(Mask runs, Matches... matches) {
      Advance(hn::IfThenElseZero(runs, matches)...);
    }
  };
  template <class Lanes, class OutOfOrder>
  struct SecondScan {
    OutOfOrder out_of_order;
    const typename Lanes::Lane* taken;

    template <class... Matches>
    HWY_INLINE void Advance(Matches... matches) {
      out_of_order.Compare(matches..., hn::Load(typename Lanes::D(), taken));
      taken += Lanes::kPairs;
    }
    template <class Mask, class... Matches>
    HWY_INLINE void AdvanceWhere(Mask, Matches... matches) {
      Advance(matches...);  // beyond its end, a text has no common units
    }
  };

  template <class Lanes>
  static HWY_INLINE void Run(const Lanes& lanes, size_t pairs, double* similarities) {
    using Lane = typename Lanes::Lane;
    const typename Lanes::D d;
    const auto rows = lanes.Rows();
    // The pattern is the longer one: JaroWindow of its size.
    const auto windows = HalfLessOne(d, lanes.PatternSizes());
    HWY_ALIGN Lane taken[Lanes::kWords * Lanes::kLaneBits * Lanes::kPairs];
    typename Lanes::Vector common;
    typename Lanes::Vector out_of_order;
    if constexpr (Lanes::kWords == 1) {
      FirstScan<Lanes, CommonUnits<Lanes>> first = {{rows, windows}, taken};
      lanes.Scan(first);
      const auto in_pattern = first.common.in_pattern(rows);
      SecondScan<Lanes, OutOfOrder<Lanes>> second = {OutOfOrder<Lanes>(in_pattern), taken};
      lanes.Scan(second);
      common = hn::PopulationCount(in_pattern);
      out_of_order = second.out_of_order.count();
    } else {
      FirstScan<Lanes, CommonUnitsOfTwoWords<Lanes>> first = {{rows, windows}, taken};
      lanes.Scan(first);
      const auto in_first = first.common.in_first();
      const auto in_second = first.common.in_second(rows);
      SecondScan<Lanes, OutOfOrderOfTwoWords<Lanes>> second = {{in_first, in_second}, taken};
      lanes.Scan(second);
      common = hn::Add(hn::PopulationCount(in_first), hn::PopulationCount(in_second));
      out_of_order = second.out_of_order.count();
    }
    HWY_ALIGN Lane commons[Lanes::kPairs];
    HWY_ALIGN Lane out_of_orders[Lanes::kPairs];
    hn::Store(common, d, commons);
    hn::Store(out_of_order, d, out_of_orders);
    if constexpr (Lanes::kLaneBits >= 32) {
      HWY_ALIGN double all[Lanes::kPairs];
      const Reals reals;
      for (size_t lane = 0; lane < Lanes::kPairs; lane += hn::MaxLanes(reals)) {
        hn::Store(Similarities(ToReals<0>(lanes.pattern_sizes + lane),
                               ToReals<0>(lanes.text_sizes + lane), ToReals<0>(commons + lane),
                               /*transpositions=*/ToReals<1>(out_of_orders + lane)),
                  reals, all + lane);
      }
      std::copy_n(all, pairs, similarities);
    } else {
      for (size_t lane = 0; lane < pairs; ++lane) {
        similarities[lane] =
            jaro_internal::SmallSimilarity(lanes.pattern_sizes[lane], lanes.text_sizes[lane],
                                           {commons[lane], out_of_orders[lane]});
      }
    }
  }
#endif

  static HWY_INLINE double WithCutoff(double similarity, int64_t) { return similarity; }

 private:
#if KERNELSERVE_TEXT_LANES
  // No more, as processors slow down when they divide vectors of 512 bits.
  using Reals = hn::CappedTag<double, 4>;

  static HWY_INLINE hn::Vec<Reals> Real(hn::Vec<hn::Rebind<int64_t, Reals>> v) {
    return hn::ConvertTo(Reals(), v);
  }
  static HWY_INLINE hn::Vec<Reals> Real(hn::Vec<hn::Rebind<int32_t, Reals>> v) {
    return hn::PromoteTo(Reals(), v);
  }
  // As many lanes as there are doubles in a vector, shifted right.
  template <int kShift, class Lane>
  static HWY_INLINE hn::Vec<Reals> ToReals(const Lane* lanes) {
    using Signed = hwy::MakeSigned<Lane>;
    const hn::Rebind<Signed, Reals> d;
    return Real(hn::ShiftRight<kShift>(hn::LoadU(d, reinterpret_cast<const Signed*>(lanes))));
  }

  // JaroSimilarity.
  static HWY_INLINE hn::Vec<Reals> Similarities(hn::Vec<Reals> left_size, hn::Vec<Reals> right_size,
                                                hn::Vec<Reals> common,
                                                hn::Vec<Reals> transpositions) {
    const Reals d;
    auto sum = hn::Div(common, left_size);
    sum = hn::Add(sum, hn::Div(common, right_size));
    sum = hn::Add(sum, hn::Div(hn::Sub(common, transpositions), common));
    return hn::IfThenZeroElse(hn::Eq(common, hn::Zero(d)), hn::Div(sum, hn::Set(d, 3.0)));
  }
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
  return kPairNs + longer * (longer <= kTwoWordUnits ? kUnitNs : kLongUnitNs);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

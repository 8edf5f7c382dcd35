#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/jaro_cross.cc"
#include "kernels/string_distance/jaro_cross.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/cross_block-inl.h"
#include "kernels/string_distance/cross_scores.h"
#include "kernels/string_distance/jaro_scans-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// Two planes: how many units are common, and how many of them are out of order.
template <size_t kBits>
class JaroGroup {
 public:
  using Lanes = QueryLanes<kBits, kVectors>;
  static constexpr size_t kPlanes = 2;
  static constexpr size_t kQueries = Lanes::kQueries;
  static constexpr size_t kWidth = (kQueries + kSquare - 1) / kSquare * kSquare;

  void Run(std::span<const Text> queries, const SortedTexts& choices,
           std::array<uint8_t*, kPlanes> out) {
    lanes_.Set(queries);
    const std::span<const Text> texts = choices.texts();
    // Windows depend on both sizes.
    by_size_.assign(choices.order().begin(), choices.order().end());
    std::sort(by_size_.begin(), by_size_.end(),
              [&](uint16_t a, uint16_t b) { return texts[a].size() < texts[b].size(); });
    size_t last = ~size_t{0};
    for (const uint16_t place : by_size_) {
      const Text& text = texts[place];
      if (text.size() != last) Start(queries, last = text.size());
      text.Visit([&](auto units)
                     HWY_ATTR { Scan(units, out[0] + place * kWidth, out[1] + place * kWidth); });
    }
  }

 private:
  using Lane = typename Lanes::Lane;
  using D = hn::ScalableTag<Lane>;
  using V = hn::Vec<D>;

  // Sets start_ for texts of this size.
  HWY_INLINE void Start(std::span<const Text> queries, size_t size) {
    HWY_ALIGN Lane windows[kQueries] = {};
    HWY_ALIGN Lane first_windows[kQueries] = {};
    for (size_t lane = 0; lane < queries.size(); ++lane) {
      const size_t longer = std::max(queries[lane].size(), size);
      // Two texts of one unit are in each other's window too.
      const size_t window = longer < 2 ? 0 : JaroWindow(longer, longer);
      windows[lane] = static_cast<Lane>(window);
      first_windows[lane] = window + 1 >= kBits ? static_cast<Lane>(~Lane{0})
                                                : static_cast<Lane>((Lane{2} << window) - 1);
    }
    const D d;
    for (size_t v = 0; v < kVectors; ++v) {
      start_[v] = CommonUnits<Lanes>(lanes_.rows(v), hn::Load(d, windows + v * Lanes::kLanes),
                                     hn::Load(d, first_windows + v * Lanes::kLanes));
    }
  }

  template <typename Unit>
  HWY_INLINE void Scan(std::span<const Unit> units, uint8_t* commons, uint8_t* out_of_orders) {
    const D d;
    CommonUnits<Lanes> common[kVectors];
    std::copy(start_, start_ + kVectors, common);
    for (size_t j = 0; j < units.size(); ++j) {
      const Lane* const matches = lanes_.Matches(units[j]);
      for (size_t v = 0; v < kVectors; ++v) {
        taken_[j][v] = common[v].Take(hn::Load(d, matches + v * Lanes::kLanes));
      }
    }
    OutOfOrder<Lanes> out_of_order[kVectors];
    V in_pattern[kVectors];
    for (size_t v = 0; v < kVectors; ++v) {
      in_pattern[v] = common[v].in_pattern(lanes_.rows(v));
      out_of_order[v] = OutOfOrder<Lanes>(in_pattern[v]);
    }
    for (size_t j = 0; j < units.size(); ++j) {
      const Lane* const matches = lanes_.Matches(units[j]);
      for (size_t v = 0; v < kVectors; ++v) {
        out_of_order[v].Compare(hn::Load(d, matches + v * Lanes::kLanes), taken_[j][v]);
      }
    }
    for (size_t v = 0; v < kVectors; ++v) {
      StoreBytes(d, hn::PopulationCount(in_pattern[v]), commons + v * Lanes::kLanes);
      StoreBytes(d, out_of_order[v].count(), out_of_orders + v * Lanes::kLanes);
    }
  }

  Lanes lanes_;
  CommonUnits<Lanes> start_[kVectors];
  alignas(HWY_ALIGNMENT) std::array<std::array<V, kVectors>, kCrossUnits> taken_;
  std::vector<uint16_t> by_size_;
};

void JaroCross(std::span<const Text> queries, const SortedTexts& choices, DistanceMatrix common,
               DistanceMatrix out_of_order, StopToken stop) {
  RunGroups<JaroGroup>(queries, choices, {common, out_of_order}, stop);
}

#else

void JaroCross(std::span<const Text>, const SortedTexts&, DistanceMatrix, DistanceMatrix,
               StopToken) {}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {
namespace {

// Sizes that both texts have at most for their similarities to be in a table: of larger ones, it
// would be large.
constexpr size_t kTableUnits = 32;

// Similarities of a query of one size with a text of another by their counts: few enough to compute
// them all before, as divisions take longer than everything else. That of counts (c, o) is at
// c * TableWidth(query_units) + o / 2.
size_t TableWidth(size_t query_units) { return query_units / 2 + 1; }

std::vector<double> JaroTable(size_t query_units, size_t units) {
  const size_t width = TableWidth(query_units);
  std::vector<double> table((std::min(query_units, units) + 1) * width);
  for (size_t i = 0; i < table.size(); ++i) {
    const size_t common = i / width;
    // There are no more than are common.
    const size_t out_of_order = std::min(2 * (i % width), common);
    table[i] = JaroSimilarity(query_units, units, {.common = common, .out_of_order = out_of_order});
  }
  return table;
}

// For one block of choices.
class JaroScores {
 public:
  explicit JaroScores(std::span<const Text> choices)
      : similarities_(choices.size()), sizes_(choices) {}

  // Of a query of so many units. Valid until the next call.
  std::span<double> Of(size_t query_units, const uint8_t* common, const uint8_t* out_of_order) {
    std::array<const double*, kCrossUnits + 1> tables;
    bool all_in_tables = true;
    for (const size_t units : sizes_.distinct()) {
      if (std::min(query_units, units) > kTableUnits) {
        all_in_tables = false;
        tables[units] = nullptr;
        continue;
      }
      std::vector<double>& table = tables_[query_units][units];
      if (table.empty()) table = JaroTable(query_units, units);
      tables[units] = table.data();
    }
    const size_t width = TableWidth(query_units);
    const uint8_t* const sizes = sizes_.each().data();
    double* const out = similarities_.data();
    const size_t count = similarities_.size();
    if (all_in_tables) {
      for (size_t c = 0; c < count; ++c) {
        out[c] = tables[sizes[c]][common[c] * width + out_of_order[c] / 2];
      }
    } else {
      for (size_t c = 0; c < count; ++c) {
        out[c] = tables[sizes[c]] != nullptr
                     ? tables[sizes[c]][common[c] * width + out_of_order[c] / 2]
                     : JaroSimilarity(query_units, sizes[c],
                                      {.common = common[c], .out_of_order = out_of_order[c]});
      }
    }
    return similarities_;
  }

 private:
  std::vector<double> similarities_;
  const CrossSizes sizes_;
  std::array<std::array<std::vector<double>, kCrossUnits + 1>, kCrossQueryUnits + 1> tables_;
};

}  // namespace

HWY_EXPORT(JaroCross);

void JaroCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                    const CrossEmit& emit, StopToken stop) {
  const std::span<const Text> texts = choices.texts();
  const auto bytes = std::make_unique_for_overwrite<uint8_t[]>(2 * queries.size() * texts.size());
  const DistanceMatrix common{.first = bytes.get(), .stride = texts.size()};
  const DistanceMatrix out_of_order{.first = common.Row(queries.size()), .stride = texts.size()};
  HWY_DYNAMIC_DISPATCH(JaroCross)(queries, choices, common, out_of_order, stop);

  JaroScores scores(texts);
  for (size_t q = 0; q < queries.size() && !stop.stopped(); ++q) {
    emit(q, scores.Of(queries[q].size(), common.Row(q), out_of_order.Row(q)));
  }
}

}  // namespace kernelserve
#endif  // HWY_ONCE

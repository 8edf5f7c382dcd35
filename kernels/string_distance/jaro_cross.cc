#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/jaro_cross.cc"
#include "kernels/string_distance/jaro_cross.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/cross_block-inl.h"
#include "kernels/string_distance/cross_scores.h"

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CROSS_CC_ONCE
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CROSS_CC_ONCE
namespace kernelserve {

// The first units of a text, as many as Winkler's bonus counts, of 16 bits each, the first one
// lowest: a choice's as the queries number them, and 0 over its end; a query's with what no choice
// has there.
using WinklerPrefix = int64_t;

// How the similarities of a query come from counts.
struct JaroLookup {
  // That of counts (c, o) with choice i is tables[begins[i] + c * width + o / 2].
  const double* tables;
  const int32_t* begins;
  size_t width;
  // What of the rest to 1 comes for each unit of the common prefix; all 0 for Jaro's similarity.
  std::array<double, kWinklerPrefixMax + 1> weights;
  const WinklerPrefix* prefixes;  // of the choices
  WinklerPrefix query_prefix;

  double WithBonus(double similarity, size_t choice) const {
    if (similarity <= kWinklerBonusOver) return similarity;
    const auto differ = static_cast<uint64_t>(prefixes[choice] ^ query_prefix);
    const double weight = weights[static_cast<size_t>(std::countr_zero(differ)) / 16];
    return std::min(similarity + weight * (1.0 - similarity), 1.0);
  }
};

}  // namespace kernelserve
#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CROSS_CC_ONCE

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// Two planes: how many units are common, and how many of them are out of order.
template <size_t kBits>
class JaroGroup {
 public:
  using Lanes = QueryLanes<kBits, VectorsOf(kBits, /*kept=*/2)>;
  static constexpr size_t kPlanes = 2;

  using Choices = ChoiceUnits;

  explicit JaroGroup(const Choices& choices) : choices_(choices), lanes_(choices.units()) {}

  void Set(std::span<const Text> queries) {
    lanes_.Set(queries);
    sizes_.fill(0);
    for (size_t lane = 0; lane < queries.size(); ++lane) {
      sizes_[lane] = static_cast<uint8_t>(queries[lane].size());
    }
  }

  template <size_t kVectors>
  void Run(size_t width, std::array<uint8_t*, kPlanes> out) {
    size_t last = ~size_t{0};
    // Windows depend on both sizes.
    for (const ChoiceUnits::Choice& choice : choices_.by_size()) {
      if (choice.size != last) SetWindows(last = choice.size);
      Scan<kVectors>(choices_.all().subspan(choice.begin, choice.size),
                     out[0] + choice.place * width, out[1] + choice.place * width);
    }
  }

 private:
  using Lane = typename Lanes::Lane;
  using D = hn::ScalableTag<Lane>;
  using V = hn::Vec<D>;

  // windows_[j] = where unit j of a text of this size may have its partner. Lanes without a query
  // may hold anything.
  void SetWindows(size_t size) {
    HWY_ALIGN Lane reaches[Lanes::kQueries];
    HWY_ALIGN Lane first_windows[Lanes::kQueries];
    for (size_t lane = 0; lane < sizes_.size(); ++lane) {
      const size_t longer = std::max<size_t>(sizes_[lane], size);
      // Two texts of one unit are in each other's window too.
      const size_t reach = longer < 2 ? 0 : JaroWindow(longer, longer);
      reaches[lane] = static_cast<Lane>(reach);
      first_windows[lane] = static_cast<Lane>((uint64_t{2} << reach) - 1);
    }
    const D d;
    const hn::RebindToSigned<D> signed_d;
    for (size_t at = 0; at < Lanes::kQueries; at += Lanes::kLanes) {
      // That of the next unit is one further, and goes on beginning at 0 as far as it reaches back.
      V window = hn::Load(d, first_windows + at);
      const auto reach = hn::BitCast(signed_d, hn::Load(d, reaches + at));
      for (size_t j = 0; j < size; ++j) {
        hn::Store(window, d, windows_ + j * Lanes::kQueries + at);
        const auto place = hn::Set(signed_d, static_cast<hwy::MakeSigned<Lane>>(j));
        const auto grows = hn::RebindMask(d, hn::Gt(reach, place));
        window = hn::Add(window, window);
        window = hn::IfThenElse(grows, hn::Add(window, hn::Set(d, Lane{1})), window);
      }
    }
  }

  template <size_t kVectors>
  HWY_INLINE void Scan(std::span<const QueryUnit> units, uint8_t* commons, uint8_t* out_of_orders) {
    const D d;
    const V zero = hn::Zero(d);
    const V ones = AllOnes<V>();
    // Each unit takes the first one of the query that is equal, free and in the window.
    V free[kVectors];
    for (size_t v = 0; v < kVectors; ++v) free[v] = lanes_.rows(v);
    for (size_t j = 0; j < units.size(); ++j) {
      const Lane* const matches = lanes_.Matches(units[j]);
      const Lane* const windows = windows_ + j * Lanes::kQueries;
      for (size_t v = 0; v < kVectors; ++v) {
        const size_t at = v * Lanes::kLanes;
        const V open = And3(hn::Load(d, matches + at), hn::Load(d, windows + at), free[v]);
        free[v] = WithoutAndNot(free[v], open, hn::Add(open, ones));
        hn::Store(open, d, opens_ + j * Lanes::kQueries + at);
      }
    }
    // The common units of the choice in order, against those of the query in order.
    V pattern[kVectors];
    V out_of_order[kVectors];
    for (size_t v = 0; v < kVectors; ++v) {
      pattern[v] = hn::Xor(lanes_.rows(v), free[v]);
      out_of_order[v] = zero;
      StoreBytes(d, hn::PopulationCount(pattern[v]), commons + v * Lanes::kLanes);
    }
    for (size_t j = 0; j < units.size(); ++j) {
      const Lane* const matches = lanes_.Matches(units[j]);
      for (size_t v = 0; v < kVectors; ++v) {
        const size_t at = v * Lanes::kLanes;
        const auto common = hn::Ne(hn::Load(d, opens_ + j * Lanes::kQueries + at), zero);
        // Where it is common, less the first that is left: that is of this unit, or out of order.
        const V rest =
            hn::And(pattern[v], hn::IfThenElse(common, hn::Add(pattern[v], ones), pattern[v]));
        const V differs = WithoutEither(pattern[v], rest, hn::Load(d, matches + at));
        pattern[v] = rest;
        out_of_order[v] = hn::Or(out_of_order[v], differs);
      }
    }
    for (size_t v = 0; v < kVectors; ++v) {
      StoreBytes(d, hn::PopulationCount(out_of_order[v]), out_of_orders + v * Lanes::kLanes);
    }
  }

  const ChoiceUnits& choices_;
  Lanes lanes_;
  std::array<uint8_t, Lanes::kQueries> sizes_;  // of the queries
  HWY_ALIGN Lane windows_[kCrossUnits * Lanes::kQueries];
  HWY_ALIGN Lane opens_[kCrossUnits * Lanes::kQueries];
};

void JaroCross(std::span<const Text> queries, const SortedTexts& choices, const TakeTile& take,
               StopToken stop) {
  RunGroups<JaroGroup>(queries, choices, take, stop);
}

#else

void JaroCross(std::span<const Text>, const SortedTexts&, const TakeTile&, StopToken) {}

#endif

// JaroLookup's for all choices whose tables there are.
void LookUp(const JaroLookup& from, size_t begin, std::span<const uint8_t> common,
            std::span<const uint8_t> out_of_order, double* out) {
  size_t i = 0;
  const int32_t* const begins = from.begins + begin;
#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE
  const hn::ScalableTag<double> d;
  const hn::ScalableTag<int64_t> di;
  const hn::Rebind<int32_t, decltype(d)> di32;
  const hn::Rebind<uint8_t, decltype(d)> bytes;
  const size_t lanes = hn::Lanes(d);
  const auto width = hn::Set(di32, static_cast<int32_t>(from.width));
  const auto bonus_over = hn::Set(d, kWinklerBonusOver);
  const auto one = hn::Set(d, 1.0);
  for (; i + lanes <= common.size(); i += lanes) {
    const auto load = [&](const uint8_t* at)
                          HWY_ATTR { return hn::PromoteTo(di32, hn::LoadU(bytes, at)); };
    const auto table = hn::LoadU(di32, begins + i);
    const auto place = hn::Add(hn::Add(table, hn::Mul(load(common.data() + i), width)),
                               hn::ShiftRight<1>(load(out_of_order.data() + i)));
    auto similarity = hn::GatherIndex(d, from.tables, hn::PromoteTo(di, place));
    if (from.weights[1] > 0) {
      const auto has_bonus = hn::Gt(similarity, bonus_over);
      if (!hn::AllFalse(d, has_bonus)) {
        const auto differ =
            hn::Xor(hn::LoadU(di, from.prefixes + begin + i), hn::Set(di, from.query_prefix));
        auto weight = hn::Zero(d);
        int64_t units = 0;
        for (size_t prefix = 1; prefix <= kWinklerPrefixMax; ++prefix) {
          units = static_cast<int64_t>(static_cast<uint64_t>(units) << 16 | 0xffff);
          const auto equal = hn::Eq(hn::And(differ, hn::Set(di, units)), hn::Zero(di));
          weight =
              hn::IfThenElse(hn::RebindMask(d, equal), hn::Set(d, from.weights[prefix]), weight);
        }
        const auto more = hn::Add(similarity, hn::Mul(weight, hn::Sub(one, similarity)));
        similarity = hn::IfThenElse(has_bonus, hn::Min(more, one), similarity);
      }
    }
    hn::StoreU(similarity, d, out + i);
  }
#endif
  for (; i < common.size(); ++i) {
    const auto table = static_cast<size_t>(begins[i]);
    const double similarity = from.tables[table + common[i] * from.width + out_of_order[i] / 2];
    out[i] = from.WithBonus(similarity, begin + i);
  }
}

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

// Appends the table for a text of `units`.
void AddJaroTable(size_t query_units, size_t units, std::vector<double>* tables) {
  const size_t width = TableWidth(query_units);
  for (size_t i = 0; i < (std::min(query_units, units) + 1) * width; ++i) {
    const size_t common = i / width;
    // There are no more than are common.
    const size_t out_of_order = std::min(2 * (i % width), common);
    tables->push_back(
        JaroSimilarity(query_units, units, {.common = common, .out_of_order = out_of_order}));
  }
}

WinklerPrefix PrefixOf(Text text, const QueryUnits& units, uint16_t over_end) {
  uint64_t prefix = 0;
  for (size_t i = kWinklerPrefixMax; i-- > 0;) {
    prefix = prefix << 16 | (i < text.size() ? units.Of(text[i]) : over_end);
  }
  return static_cast<WinklerPrefix>(prefix);
}

HWY_EXPORT(JaroCross);
HWY_EXPORT(LookUp);

// For a block of queries and one of choices.
class JaroScores {
 public:
  JaroScores(std::span<const Text> queries, std::span<const Text> choices, double prefix_weight)
      : queries_(queries), units_(queries), similarities_(choices.size()), sizes_(choices) {
    for (size_t i = 0; i < weights_.size(); ++i) {
      weights_[i] = static_cast<double>(i) * prefix_weight;
    }
    prefixes_.reserve(choices.size());
    for (const Text& choice : choices) prefixes_.push_back(PrefixOf(choice, units_, 0));
  }

  // Of a query with the choices from `begin` on. Valid until the next call.
  std::span<double> Of(size_t query, size_t begin, std::span<const uint8_t> common,
                       std::span<const uint8_t> out_of_order) {
    const size_t query_units = queries_[query].size();
    Tables& tables = tables_[query_units];
    if (tables.all.empty()) MakeTables(query_units, &tables);
    constexpr uint16_t kNoUnit = 0xffff;
    const JaroLookup lookup = {.tables = tables.all.data(),
                               .begins = tables.begins.data(),
                               .width = TableWidth(query_units),
                               .weights = weights_,
                               .prefixes = prefixes_.data(),
                               .query_prefix = PrefixOf(queries_[query], units_, kNoUnit)};
    HWY_DYNAMIC_DISPATCH(LookUp)(lookup, begin, common, out_of_order, similarities_.data());
    for (size_t i = 0; i < common.size() && !tables.complete; ++i) {
      const size_t units = sizes_.each()[begin + i];
      if (std::min(query_units, units) <= kTableUnits) continue;
      similarities_[i] =
          lookup.WithBonus(JaroSimilarity(query_units, units,
                                          {.common = common[i], .out_of_order = out_of_order[i]}),
                           begin + i);
    }
    return std::span(similarities_).first(common.size());
  }

 private:
  struct Tables {
    std::vector<double> all;
    std::vector<int32_t> begins;  // by choice, so that its size need not be looked up
    bool complete = true;
  };

  void MakeTables(size_t query_units, Tables* tables) const {
    std::array<int32_t, kCrossUnits + 1> begins{};  // by size
    for (const size_t units : sizes_.distinct()) {
      if (std::min(query_units, units) > kTableUnits) {
        tables->complete = false;
        continue;
      }
      begins[units] = static_cast<int32_t>(tables->all.size());
      AddJaroTable(query_units, units, &tables->all);
    }
    tables->begins.reserve(sizes_.each().size());
    for (const uint8_t units : sizes_.each()) tables->begins.push_back(begins[units]);
    // Where there is none, any counts lead to some place of it.
    const size_t most = (query_units + 1) * TableWidth(query_units);
    if (!tables->complete) tables->all.resize(std::max(tables->all.size(), most));
  }

  const std::span<const Text> queries_;
  const QueryUnits units_;
  std::vector<double> similarities_;
  const CrossSizes sizes_;
  std::vector<WinklerPrefix> prefixes_;
  std::array<double, kWinklerPrefixMax + 1> weights_;
  std::array<Tables, kCrossQueryUnits + 1> tables_;  // by the query's size
};

}  // namespace

void JaroCrossBlock(std::span<const Text> queries, const SortedTexts& choices, double prefix_weight,
                    const CrossEmit& emit, StopToken stop) {
  JaroScores scores(queries, choices.texts(), prefix_weight);
  const auto take = [&](const CrossTile& tile) {
    for (size_t i = 0; i < tile.queries.size(); ++i) {
      const size_t query = tile.queries[i];
      emit(query, tile.begin, scores.Of(query, tile.begin, tile.Row(i, 0), tile.Row(i, 1)));
    }
  };
  HWY_DYNAMIC_DISPATCH(JaroCross)(queries, choices, take, stop);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

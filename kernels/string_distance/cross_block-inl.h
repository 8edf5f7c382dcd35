// Queries by choices, many queries at a time: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_BLOCK_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "hwy/aligned_allocator.h"
#include "hwy/highway.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/columns-inl.h"
#include "kernels/string_distance/cross_block.h"
#include "kernels/string_distance/query_lanes-inl.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/string_distance/word_ops-inl.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// Rows of distances are turned into columns in squares of this many.
constexpr size_t kSquare = 16;

// What is computed for a group of queries and every choice is a class like this over the bits of a
// query's lane:
//
//   kQueries, the most that it takes; kWidth, whole squares that hold so many; kPlanes
//   void Run(std::span<const Text> queries, const SortedTexts&, std::array<uint8_t*, kPlanes> out)
//       of the choice at place c and the query at place q, out[plane][c * kWidth + q]

// So that steps of one vector fill the time that those of another wait.
constexpr size_t kVectors = 2;

// Distances by ColumnOf (columns-inl.h). The column of a prefix is kept while choices go on that
// begin with it.
template <template <class> class ColumnOf, size_t kBits>
class ColumnGroup {
 public:
  using Lanes = QueryLanes<kBits, kVectors>;
  static constexpr size_t kPlanes = 1;
  static constexpr size_t kQueries = Lanes::kQueries;
  // A choice's distances take a row of whole squares.
  static constexpr size_t kWidth = (kQueries + kSquare - 1) / kSquare * kSquare;

  void Run(std::span<const Text> queries, const SortedTexts& choices,
           std::array<uint8_t*, kPlanes> out) {
    lanes_.Set(queries);
    const D d;
    const V ones = hn::Set(d, static_cast<Lane>(~Lane{0}));
    for (size_t v = 0; v < kVectors; ++v) kept_[0].columns[v] = ColumnOf<V>(ones);
    const auto order = choices.order();
    const auto shared = choices.shared();
    for (size_t i = 0; i < order.size(); ++i) {
      const size_t keep = i + 1 < order.size() ? shared[i + 1] : 0;
      choices.texts()[order[i]].Visit(
          [&](auto units) HWY_ATTR { Walk(units, shared[i], keep, out[0] + order[i] * kWidth); });
    }
  }

 private:
  using Lane = typename Lanes::Lane;
  using D = hn::ScalableTag<Lane>;
  using V = hn::Vec<D>;
  struct Columns {
    ColumnOf<V> columns[kVectors];
  };

  // `units`, of which the column after the first `begin` is kept; keeps those up to `keep`.
  template <typename Unit>
  HWY_INLINE void Walk(std::span<const Unit> units, size_t begin, size_t keep, uint8_t* out) {
    const D d;
    Columns now = kept_[begin];
    for (size_t j = begin; j < units.size(); ++j) {
      const Lane* const matches = lanes_.Matches(units[j]);
      for (size_t v = 0; v < kVectors; ++v) {
        now.columns[v].Advance(hn::Load(d, matches + v * Lanes::kLanes));
      }
      if (j < keep) kept_[j + 1] = now;
    }
    const V size = hn::Set(d, static_cast<Lane>(units.size()));
    for (size_t v = 0; v < kVectors; ++v) {
      const V distances = now.columns[v].Distance(lanes_.rows(v), size);
      StoreBytes(D(), distances, out + v * Lanes::kLanes);
    }
  }

  Lanes lanes_;
  alignas(HWY_ALIGNMENT) std::array<Columns, kCrossUnits + 1> kept_;
};

// Sets out[q][c] = by_choice[c * width + q], for q and c < kSquare.
HWY_INLINE void StoreSquare(const uint8_t* by_choice, size_t width,
                            const std::array<uint8_t*, kSquare>& out) {
  const hn::CappedTag<uint8_t, kSquare> d;
  using V = hn::Vec<decltype(d)>;
  V rows[kSquare];
  for (size_t i = 0; i < kSquare; ++i) rows[i] = hn::LoadU(d, by_choice + i * width);
  // Each round brings one more bit of a byte's row into its column.
  for (size_t round = 0; round < 4; ++round) {
    V next[kSquare];
    for (size_t i = 0; i < kSquare / 2; ++i) {
      next[2 * i] = hn::InterleaveLower(d, rows[i], rows[i + kSquare / 2]);
      next[2 * i + 1] = hn::InterleaveUpper(d, rows[i], rows[i + kSquare / 2]);
    }
    std::copy(next, next + kSquare, rows);
  }
  for (size_t i = 0; i < kSquare; ++i) hn::StoreU(rows[i], d, out[i]);
}

// Sets out.Row(rows[q])[c] = by_choice[c * width + q], for all queries q and choices c. Both may be
// read up to the next whole square.
inline void StoreRows(const uint8_t* by_choice, size_t width, std::span<const uint16_t> rows,
                      size_t choices, DistanceMatrix out) {
  std::array<uint8_t, kSquare * kSquare> rest;
  for (size_t q = 0; q < rows.size(); q += kSquare) {
    const size_t queries = std::min(kSquare, rows.size() - q);
    for (size_t c = 0; c < choices; c += kSquare) {
      const size_t count = std::min(kSquare, choices - c);
      std::array<uint8_t*, kSquare> to;
      for (size_t i = 0; i < kSquare; ++i) {
        to[i] =
            i < queries && count == kSquare ? out.Row(rows[q + i]) + c : rest.data() + i * kSquare;
      }
      StoreSquare(by_choice + c * width + q, width, to);
      if (count == kSquare) continue;
      for (size_t i = 0; i < queries; ++i) std::copy_n(to[i], count, out.Row(rows[q + i]) + c);
    }
  }
}

// The queries at places `some`, of at most as many units as the group's lanes have bits.
template <class Group>
void RunClass(std::span<const Text> queries, std::span<const uint16_t> some,
              const SortedTexts& choices, const std::array<DistanceMatrix, Group::kPlanes>& out,
              StopToken stop) {
  if (some.empty()) return;
  const auto group = hwy::MakeUniqueAligned<Group>();
  const size_t plane = hwy::RoundUpTo(choices.texts().size(), kSquare) * Group::kWidth;
  const auto memory = hwy::AllocateAligned<uint8_t>(plane * Group::kPlanes);
  std::array<uint8_t*, Group::kPlanes> by_choice;
  for (size_t i = 0; i < Group::kPlanes; ++i) {
    by_choice[i] = memory.get() + i * plane;
    // No group computes these.
    for (const uint16_t place : choices.too_long()) {
      std::fill_n(by_choice[i] + place * Group::kWidth, Group::kWidth, uint8_t{0});
    }
  }
  std::array<Text, Group::kQueries> texts;
  while (!some.empty() && !stop.stopped()) {
    const auto now = some.first(std::min(some.size(), texts.size()));
    for (size_t i = 0; i < now.size(); ++i) texts[i] = queries[now[i]];
    group->Run(std::span(texts).first(now.size()), choices, by_choice);
    for (size_t i = 0; i < Group::kPlanes; ++i) {
      StoreRows(by_choice[i], Group::kWidth, now, choices.texts().size(), out[i]);
    }
    some = some.subspan(now.size());
  }
}

// Every query by every choice, each query in the narrowest lane that holds it.
template <template <size_t> class GroupOf>
void RunGroups(std::span<const Text> queries, const SortedTexts& choices,
               const std::array<DistanceMatrix, GroupOf<8>::kPlanes>& out, StopToken stop) {
  std::array<std::vector<uint16_t>, 4> by_bits;
  for (size_t i = 0; i < queries.size(); ++i) {
    const size_t size = queries[i].size();
    by_bits[size <= 8    ? 0
            : size <= 16 ? 1
            : size <= 32 ? 2
                         : 3]
        .push_back(static_cast<uint16_t>(i));
  }
  RunClass<GroupOf<8>>(queries, by_bits[0], choices, out, stop);
  RunClass<GroupOf<16>>(queries, by_bits[1], choices, out, stop);
  RunClass<GroupOf<32>>(queries, by_bits[2], choices, out, stop);
  RunClass<GroupOf<64>>(queries, by_bits[3], choices, out, stop);
}

template <template <class> class ColumnOf>
struct ColumnGroups {
  template <size_t kBits>
  using Of = ColumnGroup<ColumnOf, kBits>;
};

template <template <class> class ColumnOf>
void Cross(std::span<const Text> queries, const SortedTexts& choices, DistanceMatrix out,
           StopToken stop) {
  RunGroups<ColumnGroups<ColumnOf>::template Of>(queries, choices, {out}, stop);
}

#else

// Nobody calls it: HasCrossBlock() says so.
template <template <class> class ColumnOf>
void Cross(std::span<const Text>, const SortedTexts&, DistanceMatrix, StopToken) {}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

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
#include <span>
#include <type_traits>
#include <vector>

#include "hwy/aligned_allocator.h"
#include "hwy/highway.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/choice_units.h"
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

// What is computed for a group of queries and every choice is a class like this over the bits of a
// query's lane:
//
//   kPlanes                                     how many bytes come out of a query and a choice
//   Choices                                     as it goes through them (choice_units.h)
//   Lanes                                       QueryLanes of as many vectors as VectorsOf() says
//   Group(const Choices&)
//   void Set(std::span<const Text> queries)     at most Lanes::kQueries of them
//   void Run<vectors>(size_t width, std::array<uint8_t*, kPlanes> out)
//       of the queries in the first `vectors` vectors: of the choice at place c and the query at
//       place q, out[plane][c * width + q]

// So that steps of one vector fill the time that those of another wait, and a choice's end, which
// no processor foresees, comes once for many queries. Not more than registers hold, where of each
// vector so many are `kept` from step to step, and not so many that a block of choices leaves the
// cache; of 64 bits, more are no faster.
constexpr size_t VectorsOf(size_t bits, size_t kept) {
  if (kVectorBytes < 64 || bits == 8) return 2;
  return bits == 32 && kept <= 2 ? 8 : 4;
}

// A column for each vector of a group: one by one and not an array, which compilers would keep in
// memory.
template <class Column, class Lanes, size_t kCount>
struct Columns {
  using Lane = typename Lanes::Lane;
  using D = hn::ScalableTag<Lane>;
  using V = hn::Vec<D>;
  using Rest = Columns<Column, Lanes, kCount - 1>;

  HWY_INLINE Columns() = default;  // holds anything
  HWY_INLINE explicit Columns(V ones) : first(ones), rest(ones) {}
  HWY_INLINE Columns(const Columns& other) : first(other.first), rest(other.rest) {}
  HWY_INLINE Columns& operator=(const Columns& other) {
    first = other.first;
    rest = other.rest;
    return *this;
  }

  HWY_INLINE void Advance(const Lane* matches) {
    first.Advance(hn::Load(D(), matches));
    rest.Advance(matches + Lanes::kLanes);
  }
  HWY_INLINE void StoreDistances(const Lane* rows, V size, uint8_t* out) const {
    StoreBytes(D(), first.Distance(hn::Load(D(), rows), size), out);
    rest.StoreDistances(rows + Lanes::kLanes, size, out + Lanes::kLanes);
  }

  Column first;
  [[no_unique_address]] Rest rest;
};
template <class Column, class Lanes>
struct Columns<Column, Lanes, 0> {
  HWY_INLINE Columns() = default;
  template <class V>
  HWY_INLINE explicit Columns(V) {}
  HWY_INLINE void Advance(const typename Lanes::Lane*) {}
  template <class V>
  HWY_INLINE void StoreDistances(const typename Lanes::Lane*, V, uint8_t*) const {}
};

// Distances by ColumnOf (columns-inl.h).
template <template <class> class ColumnOf, size_t kBits>
class ColumnGroup {
 public:
  using V = hn::Vec<hn::ScalableTag<LaneOfBits<kBits>>>;
  static constexpr size_t kVectors = VectorsOf(kBits, sizeof(ColumnOf<V>) / sizeof(V));
  using Lanes = QueryLanes<kBits, kVectors>;
  static constexpr size_t kPlanes = 1;

  using Choices = ChoiceSteps;

  explicit ColumnGroup(const Choices& choices)
      : choices_(choices),
        lanes_(choices.units()),
        kept_(hwy::AllocateAligned<Most>(kCrossUnits + 1)) {}

  void Set(std::span<const Text> queries) { lanes_.Set(queries); }

  template <size_t kSome>
  void Run(size_t width, std::array<uint8_t*, kPlanes> out) {
    using Now = Columns<ColumnOf<V>, Lanes, kSome>;
    static_assert(sizeof(Now) <= sizeof(Most));
    Now* const kept = reinterpret_cast<Now*>(kept_.get());
    const D d;
    kept[0] = Now(AllOnes<V>());
    const QueryUnit* step = choices_.steps();
    for (const ChoiceSteps::Choice& choice : choices_.sorted()) {
      size_t j = choice.from;
      Now now = kept[j];
      while (j < choice.keep) {
        now.Advance(lanes_.Matches(*step++));
        kept[++j] = now;
      }
      for (; j < choice.size; ++j) now.Advance(lanes_.Matches(*step++));
      now.StoreDistances(lanes_.rows(), hn::Set(d, static_cast<Lane>(choice.size)),
                         out[0] + choice.place * width);
    }
  }

 private:
  using Lane = typename Lanes::Lane;
  using D = hn::ScalableTag<Lane>;
  using Most = Columns<ColumnOf<V>, Lanes, kVectors>;

  const ChoiceSteps& choices_;
  Lanes lanes_;
  hwy::AlignedFreeUniquePtr<Most[]> kept_;  // by how many units there are
};

// Bytes are turned from rows of a choice into rows of a query in squares of this many, as many
// squares side by side as a vector of up to 256 bits has blocks: wider ones turn no faster.
constexpr size_t kSquare = 16;

template <class D>
HWY_INLINE void StoreBlocks(D d, hn::Vec<D> v, uint8_t* to, size_t stride) {
  if constexpr (hn::MaxLanes(d) <= kSquare) {
    hn::StoreU(v, d, to);
  } else {
    const hn::Half<D> half;
    hn::StoreU(hn::LowerHalf(half, v), half, to);
    hn::StoreU(hn::UpperHalf(half, v), half, to + kSquare * stride);
  }
}

// Sets out[q * stride + c] = by_choice[c * width + q], for c < kSquare and the q of a vector.
template <class D>
HWY_INLINE void TurnSquares(D d, const uint8_t* by_choice, size_t width, uint8_t* out,
                            size_t stride) {
  using V = hn::Vec<D>;
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
  for (size_t i = 0; i < kSquare; ++i) StoreBlocks(d, rows[i], out + i * stride, stride);
}

// Turns what a group computed, and hands it over tile by tile: each as much as the nearest cache
// holds.
class Tiles {
 public:
  Tiles(const SortedTexts& choices, const TakeTile& take)
      : choices_(choices.texts().size()),
        take_(take),
        tile_(hwy::AllocateAligned<uint8_t>(kCrossPlanes * kQueries * kStride)) {}

  // The queries' places, and planes of rows of `width` bytes, of which those that fill the last
  // square may hold anything.
  template <size_t kPlanes>
  void Take(std::span<const uint16_t> queries, size_t width,
            const std::array<uint8_t*, kPlanes>& by_choice) {
    for (size_t begin = 0; begin < choices_; begin += kChoices) {
      const size_t count = std::min(kChoices, choices_ - begin);
      for (size_t q = 0; q < queries.size(); q += kQueries) {
        CrossTile tile{.queries = queries.subspan(q, std::min(kQueries, queries.size() - q)),
                       .begin = begin,
                       .choices = count,
                       .planes = {},
                       .stride = kStride};
        for (size_t plane = 0; plane < kPlanes; ++plane) {
          tile.planes[plane] = tile_.get() + plane * kQueries * kStride;
          Turn(by_choice[plane] + begin * width + q, width, std::min(kQueries, width - q), count,
               tile.planes[plane]);
        }
        take_(tile);
      }
    }
  }

 private:
  static constexpr size_t kQueries = 32;
  static constexpr size_t kChoices = 1024;
  // So that rows don't share places of the cache.
  static constexpr size_t kStride = kChoices + 64;

  static void Turn(const uint8_t* by_choice, size_t width, size_t queries, size_t choices,
                   uint8_t* out) {
    const hn::CappedTag<uint8_t, 2 * kSquare> d;
    const hn::CappedTag<uint8_t, kSquare> square;
    for (size_t c = 0; c < choices; c += kSquare) {
      const uint8_t* const from = by_choice + c * width;
      size_t q = 0;
      for (; q + hn::Lanes(d) <= queries; q += hn::Lanes(d)) {
        TurnSquares(d, from + q, width, out + q * kStride + c, kStride);
      }
      if (q < queries) TurnSquares(square, from + q, width, out + q * kStride + c, kStride);
    }
  }

  const size_t choices_;
  const TakeTile& take_;
  hwy::AlignedFreeUniquePtr<uint8_t[]> tile_;
};

// The queries at places `some`, of at most as many units as the group's lanes have bits.
template <class Group>
void RunClass(std::span<const Text> queries, std::span<const uint16_t> some,
              const typename Group::Choices& choices, Tiles& tiles, StopToken stop) {
  if (some.empty()) return;
  using Lanes = typename Group::Lanes;
  constexpr size_t kVectors = Lanes::kQueries / Lanes::kLanes;
  const auto group = hwy::MakeUniqueAligned<Group>(choices);
  const size_t choices_up = hwy::RoundUpTo(choices.choices().texts().size(), kSquare);
  constexpr size_t kWidth = (Lanes::kQueries + kSquare - 1) / kSquare * kSquare;
  const auto memory = hwy::AllocateAligned<uint8_t>(choices_up * kWidth * Group::kPlanes);
  std::array<Text, Lanes::kQueries> texts;
  while (!some.empty() && !stop.Poll()) {
    const auto now = some.first(std::min(some.size(), texts.size()));
    size_t vectors = kVectors;
    while (vectors > 1 && now.size() <= vectors / 2 * Lanes::kLanes) vectors /= 2;
    const size_t width = hwy::RoundUpTo(vectors * Lanes::kLanes, kSquare);
    std::array<uint8_t*, Group::kPlanes> by_choice;
    for (size_t i = 0; i < Group::kPlanes; ++i) {
      by_choice[i] = memory.get() + i * choices_up * width;
      // No group computes these.
      for (const uint16_t place : choices.choices().too_long()) {
        std::fill_n(by_choice[i] + place * width, width, uint8_t{0});
      }
    }
    for (size_t i = 0; i < now.size(); ++i) texts[i] = queries[now[i]];
    group->Set(std::span(texts).first(now.size()));
    if (vectors == 1) group->template Run<1>(width, by_choice);
    if (vectors == 2) group->template Run<2>(width, by_choice);
    if constexpr (kVectors >= 4) {
      if (vectors == 4) group->template Run<4>(width, by_choice);
    }
    if constexpr (kVectors == 8) {
      if (vectors == 8) group->template Run<8>(width, by_choice);
    }
    tiles.Take(now, width, by_choice);
    some = some.subspan(now.size());
  }
}

// Every query by every choice, each query in the narrowest lane that holds it.
template <template <size_t> class GroupOf>
void RunGroups(std::span<const Text> queries, const SortedTexts& choices, const TakeTile& take,
               StopToken stop) {
  std::array<std::vector<uint16_t>, 4> by_bits;
  for (size_t i = 0; i < queries.size(); ++i) {
    const size_t size = queries[i].size();
    by_bits[size <= 8    ? 0
            : size <= 16 ? 1
            : size <= 32 ? 2
                         : 3]
        .push_back(static_cast<uint16_t>(i));
  }
  const typename GroupOf<8>::Choices prepared(queries, choices);
  Tiles tiles(choices, take);
  RunClass<GroupOf<8>>(queries, by_bits[0], prepared, tiles, stop);
  RunClass<GroupOf<16>>(queries, by_bits[1], prepared, tiles, stop);
  RunClass<GroupOf<32>>(queries, by_bits[2], prepared, tiles, stop);
  RunClass<GroupOf<64>>(queries, by_bits[3], prepared, tiles, stop);
}

template <template <class> class ColumnOf>
struct ColumnGroups {
  template <size_t kBits>
  using Of = ColumnGroup<ColumnOf, kBits>;
};

template <template <class> class ColumnOf>
void Cross(std::span<const Text> queries, const SortedTexts& choices, const TakeTile& take,
           StopToken stop) {
  RunGroups<ColumnGroups<ColumnOf>::template Of>(queries, choices, take, stop);
}

#else

// Nobody calls it: HasCrossBlock() says so.
template <template <class> class ColumnOf>
void Cross(std::span<const Text>, const SortedTexts&, const TakeTile&, StopToken) {}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

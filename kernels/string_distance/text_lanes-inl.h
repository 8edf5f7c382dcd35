// Short pairs at once, each in a lane of its own: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_LANES_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_LANES_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_LANES_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"
#include "kernels/string_distance/text_vector-inl.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#undef KERNELSERVE_TEXT_LANES
#if KERNELSERVE_TEXT_VECTORS
#define KERNELSERVE_TEXT_LANES 1

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr size_t kVectorBytes = HWY_LANES(uint8_t);

template <size_t kBits>
using LaneOfBits = hwy::UnsignedFromSize<kBits / 8>;

// Up to kPairs pairs in units of type Unit, whose patterns and texts have 1 to kBits units, each
// pair in a lane of kBits bits. Scan() goes over all texts at once, a unit a step, and tells for
// each lane where in its pattern that unit occurs: what bit-parallel algorithms ask for.
//
// A word's part of the patterns lies side by side, each in a slot of kLaneBits units. So one
// compare of a vector of patterns with one of texts, where a slot holds one unit of its text over
// and over, gives match masks of several pairs, in the order of their lanes.
template <typename Unit, size_t kBits>
class TextLanes {
 public:
  // A pattern of over 64 units takes two words, one of fewer does not.
  static constexpr size_t kLaneBits = std::min<size_t>(kBits, 64);
  static constexpr size_t kWords = kBits / kLaneBits;
  using Lane = LaneOfBits<kLaneBits>;
  static constexpr size_t kPairs = kVectorBytes * 8 / kLaneBits;

  HWY_INLINE void Set(size_t lane, const Text& pattern, const Text& text) {
    for (size_t word = 0; word < kWords; ++word) {
      Unit* const slot = patterns_ + word * kUnits + lane * kLaneBits;
      const size_t first = word * kLaneBits;
      const size_t count = pattern.size() - first;
      StoreSlot(LoadUnits(BlockTag(), pattern, first, count), slot);
      for (size_t i = kChunk; i < kLaneBits && i < count; i += kChunk) {
        StoreSlot(LoadUnits(BlockTag(), pattern, first + i, count - i), slot + i);
      }
    }
    rows_[lane] = static_cast<Lane>(~Lane{0}) >> (kBits - pattern.size());
    sizes_[lane] = static_cast<Lane>(text.size());
    if constexpr (kLaneBits <= kChunk) {
      StageText(lane, text, 0);
    } else {
      texts_[lane] = &text;
    }
  }

  // For each unit of the texts of the first `pairs` lanes, whose sizes ascend, in order:
  //   column.Advance(matches)             all texts have this unit
  //   column.AdvanceWhere(run, matches)   those where `run` is true
  // where there are as many `matches` as words. Sizes need not ascend where these are two. Bits of
  // `matches` over the pattern's end hold anything, as do lanes never set.
  template <class Column>
  HWY_INLINE void Scan(size_t pairs, Column& column) {
    const auto [steps_all, steps] = LeastAndMostUnits(pairs);
    for (size_t first = 0; first < steps; first += kChunk) {
      if constexpr (kLaneBits > kChunk) {
        for (size_t lane = 0; lane < pairs; ++lane) StageText(lane, *texts_[lane], first);
      }
      const size_t end = std::min(first + kChunk, steps);
      Compare(first, end);
      Advance(first, end, steps_all, column);
    }
  }
  // The same over the same lanes, once Scan() has been called.
  template <class Column>
  HWY_INLINE void ScanAgain(size_t pairs, Column& column) {
    const auto [steps_all, steps] = LeastAndMostUnits(pairs);
    Advance(0, steps, steps_all, column);
  }

  using Vector = hn::Vec<hn::ScalableTag<Lane>>;
  // One bit for each unit of the pattern's last word, from bit 0.
  HWY_INLINE Vector rows() const { return hn::Load(hn::ScalableTag<Lane>(), rows_); }
  // Units of the text.
  HWY_INLINE Vector text_sizes() const { return hn::Load(hn::ScalableTag<Lane>(), sizes_); }

 private:
  // A 128-bit block, which is what bytes are shuffled in, holds kBlockSlots slots or a part of one;
  // and so the units of a text that it takes at a time are these.
  static constexpr size_t kSlotBytes = kLaneBits * sizeof(Unit);
  static constexpr size_t kBlockSlots = kSlotBytes < 16 ? 16 / kSlotBytes : 1;
  static constexpr size_t kChunk = 16 / sizeof(Unit) / kBlockSlots;
  static constexpr size_t kVectorUnits = kVectorBytes / sizeof(Unit);
  static constexpr size_t kUnits = kPairs * kLaneBits;
  static_assert(kVectorUnits % 8 == 0, "a vector's match mask is whole bytes");

  using BlockTag = hn::CappedTag<Unit, 16 / sizeof(Unit)>;
  using ByteTag = hn::ScalableTag<uint8_t>;

  HWY_INLINE std::pair<size_t, size_t> LeastAndMostUnits(size_t pairs) const {
    if constexpr (kWords == 1) return {sizes_[0], sizes_[pairs - 1]};
    const auto [least, most] = std::minmax_element(sizes_, sizes_ + pairs);
    return {*least, *most};
  }

  // A block's first part, as far as a slot takes it.
  static HWY_INLINE void StoreSlot(hn::Vec<BlockTag> block, Unit* slot) {
    if constexpr (kBlockSlots == 1) {
      hn::Store(block, BlockTag(), slot);
    } else {
      const hn::CappedTag<Unit, kChunk> half;
      hn::Store(hn::LowerHalf(half, block), half, slot);
    }
  }

  // The units of a lane's text, which is not empty, from `first` on: as many as a chunk, in each
  // block of its slot.
  HWY_INLINE void StageText(size_t lane, const Text& text, size_t first) {
    Unit* const slot = staged_ + lane * kLaneBits;
    if (first > 0 && text.size() <= first) return;
    const auto block = LoadUnits(BlockTag(), text, first, text.size() - first);
    for (size_t i = 0; i < kLaneBits; i += kChunk) StoreSlot(block, slot + i);
  }

  template <class Column>
  HWY_INLINE void Advance(size_t first, size_t end, size_t steps_all, Column& column) const {
    const hn::ScalableTag<Lane> d;
    const hn::RebindToSigned<decltype(d)> di;
    const auto sizes = hn::BitCast(di, hn::Load(d, sizes_));
    for (size_t j = first; j < end; ++j) {
      const Lane* const at = matches_ + j * kWords * kPairs;
      const auto matches = hn::Load(d, at);
      if (j < steps_all) {
        if constexpr (kWords == 1) {
          column.Advance(matches);
        } else {
          column.Advance(matches, hn::Load(d, at + kPairs));
        }
      } else {
        const auto step = hn::Set(di, static_cast<hwy::MakeSigned<Lane>>(j));
        const auto runs = hn::RebindMask(d, hn::Gt(sizes, step));
        if constexpr (kWords == 1) {
          column.AdvanceWhere(runs, matches);
        } else {
          column.AdvanceWhere(runs, matches, hn::Load(d, at + kPairs));
        }
      }
    }
  }

  // matches_[j] = where the patterns equal unit j of the texts, for j from `first`, of which the
  // texts are staged, to `end`.
  HWY_INLINE void Compare(size_t first, size_t end) {
    const hn::ScalableTag<Unit> d;
    const ByteTag bytes;
    // Byte i of a block takes byte i % sizeof(Unit) of unit j of its slot.
    HWY_ALIGN static constexpr std::array<uint8_t, 16> kFirstUnit = [] {
      std::array<uint8_t, 16> places{};
      for (size_t i = 0; i < places.size(); ++i) {
        const size_t slot_begin = kBlockSlots == 1 ? 0 : i / kSlotBytes * kSlotBytes;
        places[i] = static_cast<uint8_t>(slot_begin + i % sizeof(Unit));
      }
      return places;
    }();
    const auto first_unit = hn::LoadDup128(bytes, kFirstUnit.data());
    for (size_t v = 0; v < kUnits / kVectorUnits; ++v) {
      hn::Vec<decltype(d)> patterns[kWords];
      for (size_t word = 0; word < kWords; ++word) {
        patterns[word] = hn::Load(d, patterns_ + word * kUnits + v * kVectorUnits);
      }
      const auto text = hn::BitCast(bytes, hn::Load(d, staged_ + v * kVectorUnits));
      auto* mask =
          reinterpret_cast<uint8_t*>(matches_ + first * kWords * kPairs) + v * (kVectorUnits / 8);
      auto places = first_unit;
      for (size_t j = first; j < end; ++j) {
        const auto unit = hn::BitCast(d, hn::TableLookupBytes(text, places));
        for (size_t word = 0; word < kWords; ++word, mask += kVectorBytes) {
          hn::StoreMaskBits(d, hn::Eq(patterns[word], unit), mask);
        }
        places = hn::Add(places, hn::Set(bytes, sizeof(Unit)));
      }
    }
  }

  // Lanes that were never set hold anything, and what they give is not looked at.
  HWY_ALIGN Unit patterns_[kWords * kUnits];
  HWY_ALIGN Unit staged_[kUnits];
  HWY_ALIGN Lane matches_[kBits * kWords * kPairs];
  HWY_ALIGN Lane rows_[kPairs];   // of the pattern's last word, as bits
  HWY_ALIGN Lane sizes_[kPairs];  // of the texts
  const Text* texts_[kPairs];
};

#else
#define KERNELSERVE_TEXT_LANES 0
#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

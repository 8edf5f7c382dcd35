// Puts texts into lanes and finds where their units match: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_LANE_FILLER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_LANE_FILLER_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_LANE_FILLER_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LANE_FILLER_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"
#include "kernels/string_distance/text_lanes-inl.h"
#include "kernels/string_distance/text_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// Fills TextLanes<kBits> with pairs in units of type Unit or narrower.
//
// A word's part of the patterns lies side by side, each in a slot of kLaneBits units, and the texts
// do likewise, each in a slot of kBits. So one compare of a vector of patterns with one where a
// slot holds one unit of its text over and over gives match masks of several pairs, in the order of
// their lanes.
template <typename Unit, size_t kBits>
class LaneFiller {
 public:
  using Lanes = TextLanes<kBits>;
  using Lane = typename Lanes::Lane;
  static constexpr size_t kPairs = Lanes::kPairs;

  HWY_INLINE void Set(size_t lane, Units pattern, Units text) {
    for (size_t word = 0; word < kWords; ++word) {
      StoreSlot<kLaneBits>(pattern, word * kLaneBits, patterns_ + word * kUnits + lane * kLaneBits);
    }
    StoreSlot<kBits>(text, 0, texts_ + lane * kBits);
    lanes_.pattern_sizes[lane] = static_cast<Lane>(pattern.size);
    lanes_.text_sizes[lane] = static_cast<Lane>(text.size);
  }

  // After the first `pairs` lanes were set, whose texts' sizes ascend unless patterns take two
  // words.
  HWY_INLINE const Lanes& Finish(size_t pairs) {
    const Lane* const sizes = lanes_.text_sizes;
    if constexpr (kWords == 1) {
      lanes_.steps_all = sizes[0];
      lanes_.steps = sizes[pairs - 1];
    } else {
      const auto [least, most] = std::minmax_element(sizes, sizes + pairs);
      lanes_.steps_all = *least;
      lanes_.steps = *most;
    }
    if constexpr (kSlotBytes <= 16) {
      CompareInBlocks();
    } else {
      CompareBroadcast(pairs);
    }
    return lanes_;
  }

 private:
  static constexpr size_t kLaneBits = Lanes::kLaneBits;
  static constexpr size_t kWords = Lanes::kWords;
  static constexpr size_t kSlotBytes = kLaneBits * sizeof(Unit);
  static constexpr size_t kVectorUnits = kVectorBytes / sizeof(Unit);
  static constexpr size_t kUnits = kPairs * kLaneBits;
  static constexpr size_t kBlockUnits = 16 / sizeof(Unit);
  static constexpr size_t kVectorSlots = std::max<size_t>(1, kVectorBytes / kSlotBytes);
  static_assert(kVectorUnits % 8 == 0, "a vector's match mask is whole bytes");

  using D = hn::ScalableTag<Unit>;
  using ByteTag = hn::ScalableTag<uint8_t>;

  // The units from `first` on, which fill a slot at most; and anything after them.
  template <size_t kSlotUnits>
  static HWY_INLINE void StoreSlot(Units units, size_t first, Unit* slot) {
    const hn::CappedTag<Unit, kSlotUnits> d;
    const size_t count = units.size - first;
    hn::StoreU(LoadUnits(d, units, first, count), d, slot);
    for (size_t i = hn::MaxLanes(d); i < kSlotUnits && i < count; i += hn::MaxLanes(d)) {
      hn::StoreU(LoadUnits(d, units, first + i, count - i), d, slot + i);
    }
  }

  // Steps go outermost, so that there is one loop to mispredict, over as many vectors at a time as
  // there are registers for.
  static constexpr size_t kVectors = kUnits / kVectorUnits;  // of a word
  static constexpr size_t kPass = 8;
  static_assert(kVectors % kPass == 0);

  // Sets matches[j] to where the patterns equal unit j of the texts. Slots are within 128-bit
  // blocks, which is what bytes are shuffled in.
  HWY_INLINE void CompareInBlocks() {
    const D d;
    const ByteTag bytes;
    // Byte i of a block takes byte i % sizeof(Unit) of a unit of its slot.
    HWY_ALIGN static constexpr std::array<uint8_t, 16> kFirstUnit = [] {
      std::array<uint8_t, 16> places{};
      for (size_t i = 0; i < places.size(); ++i) {
        places[i] = static_cast<uint8_t>(i / kSlotBytes * kSlotBytes + i % sizeof(Unit));
      }
      return places;
    }();
    for (size_t begin = 0; begin < kVectors; begin += kPass) {
      hn::Vec<D> patterns[kPass];
      hn::Vec<ByteTag> texts[kPass];
      for (size_t v = 0; v < kPass; ++v) {
        patterns[v] = hn::Load(d, patterns_ + (begin + v) * kVectorUnits);
        texts[v] = hn::BitCast(bytes, hn::Load(d, texts_ + (begin + v) * kVectorUnits));
      }
      auto places = hn::LoadDup128(bytes, kFirstUnit.data());
      uint8_t* masks = MasksOf(begin);
      for (size_t j = 0; j < lanes_.steps; ++j, masks += kVectorBytes) {
        for (size_t v = 0; v < kPass; ++v) {
          const auto unit = hn::BitCast(d, hn::TableLookupBytes(texts[v], places));
          hn::StoreMaskBits(d, hn::Eq(patterns[v], unit), masks + v * kMaskBytes);
        }
        places = hn::Add(places, hn::Set(bytes, sizeof(Unit)));
      }
    }
  }

  static constexpr size_t kMaskBytes = kVectorUnits / 8;
  HWY_INLINE uint8_t* MasksOf(size_t vector) {
    return reinterpret_cast<uint8_t*>(lanes_.matches) + vector * kMaskBytes;
  }

  // A unit over and over in four bytes, which can be loaded into all of a vector: unlike shuffles,
  // loads don't compete with compares.
  static constexpr size_t kVectorFours = kVectorBytes / 4;
  using Fours = std::array<uint32_t, kBits + kVectorFours>;  // what is over may be written

  static HWY_INLINE void RepeatInFours(const Unit* units, size_t count, Fours* fours) {
    const ByteTag bytes;
    constexpr size_t kStep = std::min(kVectorFours, kBlockUnits);
    HWY_ALIGN static constexpr std::array<uint8_t, kVectorBytes> kPlaces = [] {
      std::array<uint8_t, kVectorBytes> places{};
      for (size_t i = 0; i < places.size(); ++i) {
        places[i] = static_cast<uint8_t>((i / 4 * sizeof(Unit) + i % sizeof(Unit)) % 16);
      }
      return places;
    }();
    const auto places = hn::Load(bytes, kPlaces.data());
    for (size_t i = 0; i < count; i += kStep) {
      const auto block = hn::LoadDup128(bytes, reinterpret_cast<const uint8_t*>(units + i));
      hn::StoreU(hn::TableLookupBytes(block, places), bytes,
                 reinterpret_cast<uint8_t*>(fours->data() + i));
    }
  }

  // The same of slots that are half a vector or whole ones.
  HWY_INLINE void CompareBroadcast(size_t pairs) {
    const D d;
    const hn::Repartition<uint32_t, D> d32;
    HWY_ALIGN Fours fours[kPairs];
    for (size_t lane = 0; lane < pairs; ++lane) {
      RepeatInFours(texts_ + lane * kBits, lanes_.steps, &fours[lane]);
    }
    const auto low = hn::FirstN(d32, hn::MaxLanes(d32) / 2);
    for (size_t word = 0; word < kWords; ++word) {
      for (size_t begin = 0; begin < kVectors; begin += kPass) {
        hn::Vec<D> patterns[kPass];
        for (size_t v = 0; v < kPass; ++v) {
          patterns[v] = hn::Load(d, patterns_ + word * kUnits + (begin + v) * kVectorUnits);
        }
        uint8_t* masks = MasksOf(begin) + word * kVectorBytes;
        for (size_t j = 0; j < lanes_.steps; ++j, masks += kWords * kVectorBytes) {
          for (size_t v = 0; v < kPass; ++v) {
            const Fours* const of_vector = fours + (begin + v) * kVectorUnits / kLaneBits;
            auto unit = hn::Set(d32, of_vector[0][j]);
            if constexpr (kVectorSlots == 2) {
              unit = hn::IfThenElse(low, unit, hn::Set(d32, of_vector[1][j]));
            }
            hn::StoreMaskBits(d, hn::Eq(patterns[v], hn::BitCast(d, unit)), masks + v * kMaskBytes);
          }
        }
      }
    }
  }

  Lanes lanes_;
  // Slots that were never set hold anything, and what they give is not looked at.
  HWY_ALIGN Unit patterns_[kWords * kUnits];
  HWY_ALIGN Unit texts_[kPairs * kBits + kBlockUnits];  // what is over may be read
};

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

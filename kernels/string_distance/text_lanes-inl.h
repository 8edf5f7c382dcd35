// Short pairs at once, each in a lane of its own: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_LANES_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_LANES_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_LANES_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernels/string_distance/text_vector-inl.h"

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

// Up to kPairs pairs whose patterns and texts have 1 to kBits units, each pair in a lane of kBits
// bits. Scan() goes over all texts at once, a unit a step, and tells for each lane where in its
// pattern that unit occurs: what bit-parallel algorithms ask for.
template <size_t kBits>
struct TextLanes {
  // A pattern of over 64 units takes two words, one of fewer does not.
  static constexpr size_t kLaneBits = std::min<size_t>(kBits, 64);
  static constexpr size_t kWords = kBits / kLaneBits;
  using Lane = LaneOfBits<kLaneBits>;
  static constexpr size_t kPairs = kVectorBytes * 8 / kLaneBits;
  using D = hn::ScalableTag<Lane>;
  using Vector = hn::Vec<D>;

  // For each unit of the texts, in order:
  //   column.Advance(matches)             all texts have this unit
  //   column.AdvanceWhere(run, matches)   those where `run` is true
  // where there are as many `matches` as words. Bits of `matches` over the pattern's end hold
  // anything, as do lanes without a pair.
  template <class Column>
  HWY_INLINE void Scan(Column& column) const {
    const D d;
    const hn::RebindToSigned<D> di;
    size_t j = 0;
    for (; j < steps_all; ++j) {
      const Lane* const at = matches + j * kWords * kPairs;
      if constexpr (kWords == 1) {
        column.Advance(hn::Load(d, at));
      } else {
        column.Advance(hn::Load(d, at), hn::Load(d, at + kPairs));
      }
    }
    const auto sizes = hn::BitCast(di, hn::Load(d, text_sizes));
    for (; j < steps; ++j) {
      const Lane* const at = matches + j * kWords * kPairs;
      const auto step = hn::Set(di, static_cast<hwy::MakeSigned<Lane>>(j));
      const auto runs = hn::RebindMask(d, hn::Gt(sizes, step));
      if constexpr (kWords == 1) {
        column.AdvanceWhere(runs, hn::Load(d, at));
      } else {
        column.AdvanceWhere(runs, hn::Load(d, at), hn::Load(d, at + kPairs));
      }
    }
  }

  // One bit for each unit of the pattern's last word, from bit 0.
  HWY_INLINE Vector Rows() const {
    const D d;
    const auto sizes = hn::Load(d, pattern_sizes);
    if constexpr (kBits == 8) {
      // There is no shift of bytes.
      HWY_ALIGN static constexpr uint8_t kRows[16] = {0, 1, 3, 7, 15, 31, 63, 127, 255};
      return hn::TableLookupBytes(hn::LoadDup128(d, kRows), sizes);
    } else {
      const auto unused = hn::Sub(hn::Set(d, static_cast<Lane>(kBits)), sizes);
      return hn::Shr(hn::Set(d, static_cast<Lane>(~Lane{0})), unused);
    }
  }
  HWY_INLINE Vector PatternSizes() const { return hn::Load(D(), pattern_sizes); }
  HWY_INLINE Vector TextSizes() const { return hn::Load(D(), text_sizes); }

  size_t steps_all;  // units that each text has
  size_t steps;      // of the longest text
  // Lanes without a pair hold anything.
  HWY_ALIGN Lane pattern_sizes[kPairs];
  HWY_ALIGN Lane text_sizes[kPairs];
  HWY_ALIGN Lane matches[kBits * kWords * kPairs];  // of a step, word by word
};

#else
#define KERNELSERVE_TEXT_LANES 0
#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

// Where the units of a text occur in a pattern of at most 64 units, without a table: included once
// for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_PATTERN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_PATTERN_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_PATTERN_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SHORT_PATTERN_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "hwy/highway.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A pattern of 1 to kShortUnits units, to be compared as a whole with units of type Unit.
template <typename Unit>
class ShortPattern {
 public:
  HWY_INLINE explicit ShortPattern(const Text& pattern) {
    const size_t m = pattern.size();
    if (pattern.width() == sizeof(Unit)) {
      std::memcpy(units_, pattern.data(), m * sizeof(Unit));
      return;
    }
    pattern.Visit([&](auto wide) {
      for (size_t i = 0; i < m; ++i) {
        units_[i] = static_cast<Unit>(wide[i]);
        representable_ &= ~(uint64_t{units_[i] != wide[i]} << i);
      }
    });
  }

  // Sets the first kBits bits of masks[i] to where text[i] occurs in the pattern's first kBits
  // units, those over its end to anything. Other bits stay as they are. (Through memory: a mask
  // register's bits, widened to a word, are not to be trusted to gcc 12, which may spill fewer of
  // them than it loads again.)
  template <size_t kBits, class Mask>
  HWY_INLINE void Match(std::span<const Unit> text, Mask* HWY_RESTRICT masks) const {
    static_assert(kBits % 8 == 0 && kBits <= 8 * sizeof(Mask));
#if HWY_TARGET == HWY_SCALAR
    for (size_t i = 0; i < text.size(); ++i) {
      masks[i] = 0;
      for (size_t j = 0; j < kBits; ++j) masks[i] |= Mask{units_[j] == text[i]} << j;
    }
#else
    const hn::CappedTag<Unit, kBits> d;
    constexpr size_t kLanes = std::min<size_t>(kBits, HWY_LANES(Unit));
    for (size_t i = 0; i < text.size(); ++i) {
      const auto unit = hn::Set(d, text[i]);
      auto* const bytes = reinterpret_cast<uint8_t*>(masks + i);
      for (size_t v = 0; v < kBits / kLanes; ++v) {
        const auto equal = hn::Eq(hn::Load(d, units_ + v * kLanes), unit);
        if constexpr (kLanes >= 8) {
          hn::StoreMaskBits(d, equal, bytes + v * (kLanes / 8));
        } else {
          uint8_t bits;
          hn::StoreMaskBits(d, equal, &bits);
          const size_t shift = v * kLanes % 8;
          bytes[v * kLanes / 8] = static_cast<uint8_t>((shift == 0 ? 0 : bytes[v * kLanes / 8]) |
                                                       unsigned{bits} << shift);
        }
      }
    }
#endif
    if (representable_ == ~uint64_t{0}) return;
    for (size_t i = 0; i < text.size(); ++i) masks[i] &= static_cast<Mask>(representable_);
  }

 private:
  HWY_ALIGN Unit units_[kShortUnits];      // after its end, anything
  uint64_t representable_ = ~uint64_t{0};  // units that Unit can't hold match nothing
};

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

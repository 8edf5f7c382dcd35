// Units of a text in a vector: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_VECTOR_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_VECTOR_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_VECTOR_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

// Sanitizers object to bytes that are read and not used. (HWY_IS_ASAN and its like know clang's
// only.)
#undef KERNELSERVE_SANITIZED
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || HWY_IS_ASAN || HWY_IS_MSAN || \
    HWY_IS_TSAN
#define KERNELSERVE_SANITIZED 1
#else
#define KERNELSERVE_SANITIZED 0
#endif

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The first `count` units at `units`, and anything after them; as many as D has lanes at most.
template <class D, typename Unit = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadFirst(D d, const Unit* units, size_t count) {
#if !KERNELSERVE_SANITIZED
  // Memory comes in pages: what lies on the page of the first byte can be read.
  constexpr uintptr_t kPageBytes = 4096;
  if (HWY_LIKELY(reinterpret_cast<uintptr_t>(units) % kPageBytes <=
                 kPageBytes - sizeof(hn::Vec<D>))) {
    return hn::LoadU(d, units);
  }
#endif
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  return hn::MaskedLoad(hn::FirstN(d, count), d, units);
#else
  HWY_ALIGN Unit first[hn::MaxLanes(d)];
  std::memcpy(first, units, std::min(count, hn::MaxLanes(d)) * sizeof(Unit));
  return hn::Load(d, first);
#endif
}

// A text, as it is looked at by those who know its width or a wider one.
struct Units {
  const void* data;
  uint32_t size;
  uint32_t width;  // bytes a unit
};

// Units of `text` from `first` on, which is not wider than those of D: `count` of them, and
// anything after, as LoadFirst.
template <class D, typename Unit = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadUnits(D d, Units text, size_t first, size_t count) {
  const auto from = [&]<typename Narrow>(Narrow) HWY_ATTR {
    const hn::Rebind<Narrow, D> narrow;
    return hn::PromoteTo(d,
                         LoadFirst(narrow, static_cast<const Narrow*>(text.data) + first, count));
  };
  if constexpr (sizeof(Unit) > 1) {
    if (text.width == 1) return from(uint8_t{});
  }
  if constexpr (sizeof(Unit) > 2) {
    if (text.width == 2) return from(uint16_t{});
  }
  return LoadFirst(d, static_cast<const Unit*>(text.data) + first, count);
}
template <class D>
HWY_INLINE hn::Vec<D> LoadUnits(D d, const Text& text, size_t first, size_t count) {
  return LoadUnits(
      d,
      Units{text.data(), static_cast<uint32_t>(text.size()), static_cast<uint32_t>(text.width())},
      first, count);
}

#undef KERNELSERVE_TEXT_VECTORS
#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE
#define KERNELSERVE_TEXT_VECTORS 1

// Texts from `first` on, as many as D has lanes, by the two words of each.
template <class D>
struct TextWords {
  hn::Vec<D> data;
  hn::Vec<D> sizes_and_widths;
};
template <class D>
HWY_INLINE TextWords<D> LoadTexts(D d, TextColumn texts, size_t first) {
  static_assert(sizeof(Text) == 2 * sizeof(uint64_t) && sizeof(void*) == sizeof(uint64_t));
  if (texts.is_repeated()) {
    return {hn::Set(d, reinterpret_cast<uintptr_t>(texts[0].data())),
            hn::Set(d, texts[0].SizeAndWidth())};
  }
  const auto* const words = reinterpret_cast<const uint64_t*>(&texts[first]);
  const auto low = hn::LoadU(d, words);
  const auto high = hn::LoadU(d, words + hn::MaxLanes(d));
  return {hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low)};
}

#else
#define KERNELSERVE_TEXT_VECTORS 0
#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

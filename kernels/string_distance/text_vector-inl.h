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

// Units of `text` from `first` on, which is not wider than those of D: `count` of them, and
// anything after, as LoadFirst.
template <class D, typename Unit = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadUnits(D d, const Text& text, size_t first, size_t count) {
  const auto from = [&]<typename Narrow>(Narrow) HWY_ATTR {
    const hn::Rebind<Narrow, D> narrow;
    return hn::PromoteTo(d, LoadFirst(narrow, text.units<Narrow>().data() + first, count));
  };
  if constexpr (sizeof(Unit) > 1) {
    if (text.width() == 1) return from(uint8_t{});
  }
  if constexpr (sizeof(Unit) > 2) {
    if (text.width() == 2) return from(uint16_t{});
  }
  return LoadFirst(d, text.units<Unit>().data() + first, count);
}

#undef KERNELSERVE_TEXT_VECTORS
#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE
#define KERNELSERVE_TEXT_VECTORS 1

// Text::SizeAndWidth() of the texts from `first` on, as many as D has lanes.
template <class D>
HWY_INLINE hn::Vec<D> SizesAndWidths(D d, TextColumn texts, size_t first) {
  if (texts.is_repeated()) return hn::Set(d, texts[0].SizeAndWidth());
  static_assert(sizeof(Text) == 2 * sizeof(uint64_t));
  const auto* const words = reinterpret_cast<const uint64_t*>(&texts[first]);
  return hn::ConcatOdd(d, hn::LoadU(d, words + hn::MaxLanes(d)), hn::LoadU(d, words));
}

#else
#define KERNELSERVE_TEXT_VECTORS 0
#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

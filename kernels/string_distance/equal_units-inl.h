// Where units of two texts are equal, place by place: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_EQUAL_UNITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_EQUAL_UNITS_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_EQUAL_UNITS_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_EQUAL_UNITS_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "hwy/highway.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/string_distance/text_vector-inl.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// For few units: a wide vector reaches over cache lines into memory that is not theirs.
template <typename Unit>
using ShortTag = hn::CappedTag<Unit, 16 / sizeof(Unit)>;

// Bit i tells whether left[left_first + i] and right[right_first + i] are equal, for i < count,
// which is 1 or more and at most the lanes of D. Neither text is wider than these.
template <class D>
HWY_INLINE uint64_t EqualUnits(D d, const Text& left, size_t left_first, const Text& right,
                               size_t right_first, size_t count) {
  uint64_t equal = 0;
  hn::StoreMaskBits(
      d, hn::Eq(LoadUnits(d, left, left_first, count), LoadUnits(d, right, right_first, count)),
      reinterpret_cast<uint8_t*>(&equal));
  return equal & (~uint64_t{0} >> (64 - count));
}

// For each pair, sets out[i] to the longer text's size less what Common counts, under the cutoff:
//   size_t Common::Count<Unit>(const Text& left, const Text& right, size_t shorter)
template <class Common>
HWY_INLINE void LongerLessCommon(TextColumn left, std::span<const Text> right, ScoreCutoffs cutoffs,
                                 std::span<int64_t> out, StopToken stop) {
  for (size_t i = 0; i < out.size() && !stop.stopped(); ++i) {
    const Text& a = left[i];
    const Text& b = right[i];
    const size_t shorter = std::min(a.size(), b.size());
    size_t common;
    switch (a.width() | b.width()) {
      case 1:
        common = Common::template Count<uint8_t>(a, b, shorter);
        break;
      case 2:
      case 3:
        common = Common::template Count<uint16_t>(a, b, shorter);
        break;
      default:
        common = Common::template Count<uint32_t>(a, b, shorter);
    }
    out[i] = WithCutoff(static_cast<int64_t>(std::max(a.size(), b.size()) - common), cutoffs[i]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

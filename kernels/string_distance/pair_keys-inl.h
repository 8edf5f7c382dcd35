// Which pairs of a block go together: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_KEYS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_KEYS_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_KEYS_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_KEYS_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/string_distance/text_lanes-inl.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// Pairs are sorted by the class of their unit, then of their lane, and then by their text's size,
// so that a group's lanes end close together. Those that are compared alone come last in their
// unit's.
constexpr size_t kUnitClasses = 3;  // 1, 2 and 4 bytes
constexpr std::array<size_t, 5> kLaneBits = {8, 16, 32, 64, 128};

// The first key of each class of lane; there is one for each size that its texts have, or for
// kSizesAKey of them where patterns take two words.
constexpr size_t kSizesAKey = 8;
constexpr std::array<uint8_t, 6> kLaneKeys = {0, 8, 24, 56, 120, 120 + kTwoWordUnits / kSizesAKey};
constexpr uint8_t kAlone = kLaneKeys.back();
constexpr size_t kUnitKeys = kAlone + 1;

// Pairs that are sorted at a time.
constexpr size_t kSortedPairs = 1024;

// Whether texts begin and end alike: then Alone(), which leaves out what is common, is quicker.
inline bool ShareEnds(const Text& a, const Text& b) {
  constexpr size_t kBytes = 16;
  const auto width = static_cast<size_t>(a.width());
  if (a.width() != b.width() || std::min(a.size(), b.size()) * width < kBytes) return false;
  const auto* const a_bytes = static_cast<const uint8_t*>(a.data());
  const auto* const b_bytes = static_cast<const uint8_t*>(b.data());
  return std::memcmp(a_bytes, b_bytes, kBytes) == 0 &&
         std::memcmp(a_bytes + a.size() * width - kBytes, b_bytes + b.size() * width - kBytes,
                     kBytes) == 0;
}

// The keys of a block's pairs, as many at a time as a vector has lanes of 64 bits: by arithmetic,
// since sizes can't be predicted.
template <class Metric>
class PairKeys {
 public:
  PairKeys(TextColumn left, TextColumn right, const typename Metric::Cutoffs& cutoffs)
      : left_(left), right_(right), cutoffs_(cutoffs) {}

  // Sets keys[i] to the key of the pair at begin + i, for i < count.
  HWY_INLINE void Find(size_t begin, size_t count, uint16_t* keys) const {
    size_t i = 0;
    for (; i + kPairs <= count; i += kPairs) {
      FindSome(SizesAndWidths(D(), left_, begin + i), SizesAndWidths(D(), right_, begin + i),
               begin + i, kPairs, keys + i);
    }
    // What is left, among empty texts.
    if (i == count) return;
    HWY_ALIGN uint64_t left[kPairs] = {};
    HWY_ALIGN uint64_t right[kPairs] = {};
    HWY_ALIGN uint16_t rest[kPairs];
    for (size_t j = 0; i + j < count; ++j) {
      left[j] = left_[begin + i + j].SizeAndWidth();
      right[j] = right_[begin + i + j].SizeAndWidth();
    }
    FindSome(hn::Load(D(), left), hn::Load(D(), right), begin + i, count - i, rest);
    std::copy_n(rest, count - i, keys + i);
  }

 private:
  using D = hn::ScalableTag<uint64_t>;
  using V = hn::Vec<D>;
  using Halves = hn::Repartition<uint32_t, D>;
  static constexpr size_t kPairs = HWY_LANES(uint64_t);

  static HWY_INLINE hn::Vec<Halves> Both(uint64_t of_size, uint64_t of_width) {
    return hn::BitCast(Halves(), hn::Set(D(), of_size | of_width << 32));
  }

  HWY_INLINE void FindSome(V left, V right, size_t first, size_t count,
                           uint16_t* HWY_RESTRICT keys) const {
    const D d;
    const hn::RebindToSigned<D> di;
    // Sizes and widths at once: the longer text's with the wider one's.
    const auto greater = hn::Max(hn::BitCast(Halves(), left), hn::BitCast(Halves(), right));
    const auto less = hn::Min(hn::BitCast(Halves(), left), hn::BitCast(Halves(), right));
    const auto keys_over = [&](auto bounds, auto some) HWY_ATTR {
      return hn::IfThenElseZero(hn::Gt(greater, bounds), some);
    };
    auto class_keys = keys_over(Both(kLaneBits[0], 1), Both(kLaneKeys[1], kUnitKeys));
    class_keys = hn::Add(
        class_keys, keys_over(Both(kLaneBits[1], 2), Both(kLaneKeys[2] - kLaneKeys[1], kUnitKeys)));
    class_keys =
        hn::Add(class_keys, keys_over(Both(kLaneBits[2], 4), Both(kLaneKeys[3] - kLaneKeys[2], 0)));

    const V low = hn::Set(d, UINT32_MAX);
    const V longer = hn::And(hn::BitCast(d, greater), low);
    const V shorter = hn::And(hn::BitCast(d, less), low);
    const auto is_over = [&](size_t units) HWY_ATTR {
      return hn::RebindMask(
          d, hn::Gt(hn::BitCast(di, longer), hn::Set(di, static_cast<int64_t>(units))));
    };
    V keys_of_unit =
        hn::Add(hn::And(hn::BitCast(d, class_keys), low), hn::Sub(shorter, hn::Set(d, 1)));
    const auto is_long = is_over(kShortUnits);
    const bool any_is_long = Metric::kUnitsMax > kShortUnits && !hn::AllFalse(d, is_long);
    if (any_is_long) {
      const V by_eight = hn::ShiftRight<3>(hn::Sub(shorter, hn::Set(d, 1)));
      static_assert(kSizesAKey == 8);
      keys_of_unit =
          hn::IfThenElse(is_long, hn::Add(hn::Set(d, kLaneKeys[4]), by_eight), keys_of_unit);
    }
    const auto is_alone = hn::Or(hn::Or(is_over(Metric::kUnitsMax), hn::Eq(shorter, hn::Zero(d))),
                                 Metric::AreDecided(d, shorter, longer, cutoffs_, first, count));
    keys_of_unit = hn::IfThenElse(is_alone, hn::Set(d, kAlone), keys_of_unit);
    const V unit_keys = hn::ShiftRight<32>(hn::BitCast(d, class_keys));
    const hn::Rebind<uint16_t, D> d16;
    hn::StoreU(hn::TruncateTo(d16, hn::Add(keys_of_unit, unit_keys)), d16, keys);
    if (any_is_long) LeaveOutSharedEnds(first, count, keys);
  }

  void LeaveOutSharedEnds(size_t first, size_t count, uint16_t* keys) const {
    for (size_t i = 0; i < count; ++i) {
      const size_t of_unit = keys[i] % kUnitKeys;
      if (of_unit < kLaneKeys[4] || !ShareEnds(left_[first + i], right_[first + i])) continue;
      keys[i] = static_cast<uint16_t>(keys[i] - of_unit + kAlone);
    }
  }

  const TextColumn left_;
  const TextColumn right_;
  const typename Metric::Cutoffs& cutoffs_;
};

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

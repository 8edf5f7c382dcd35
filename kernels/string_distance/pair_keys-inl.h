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
#include "kernels/string_distance/pair_groups.h"
#include "kernels/string_distance/score_cutoffs.h"
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

// What is looked up of pairs in the order of their keys.
struct PairTable {
  // Also counts those to whom this does not apply.
  HWY_ALIGN uint16_t keys[kSortedPairs];
  // Text::data() of the longer text, the pattern, and of the shorter one.
  HWY_ALIGN uint64_t patterns[kSortedPairs];
  HWY_ALIGN uint64_t texts[kSortedPairs];
  // Of pairs in lanes, a byte each: the pattern's size, the text's, the pattern's width, the
  // text's.
  HWY_ALIGN uint32_t shapes[kSortedPairs];
};

// Makes the table of a block's pairs, as many at a time as a vector has lanes of 64 bits: by
// arithmetic, since sizes can't be predicted.
class PairKeys {
 public:
  PairKeys(TextColumn left, TextColumn right, const ScoreCutoffs& cutoffs, size_t units_max)
      : left_(left), right_(right), cutoffs_(cutoffs), units_max_(units_max) {}

  // Of the pairs from `begin` on, `count` of them.
  HWY_INLINE void Find(size_t begin, size_t count, PairTable* table) const {
    size_t i = 0;
    for (; i + kPairs <= count; i += kPairs) {
      FindSome(LoadTexts(D(), left_, begin + i), LoadTexts(D(), right_, begin + i),
               MostApart(begin + i, kPairs), i, table);
    }
    // What is left, among empty texts: the table has room for whole vectors.
    if (i == count) return;
    Text left[kPairs];
    Text right[kPairs];
    for (size_t j = 0; i + j < count; ++j) {
      left[j] = left_[begin + i + j];
      right[j] = right_[begin + i + j];
    }
    FindSome(LoadTexts(D(), TextColumn(std::span<const Text>(left)), 0),
             LoadTexts(D(), TextColumn(std::span<const Text>(right)), 0),
             MostApart(begin + i, count - i), i, table);
  }

 private:
  using D = hn::ScalableTag<uint64_t>;
  using V = hn::Vec<D>;
  using Halves = hn::Repartition<uint32_t, D>;
  static constexpr size_t kPairs = HWY_LANES(uint64_t);
  static_assert(kSortedPairs % kPairs == 0);

  static HWY_INLINE hn::Vec<Halves> Both(uint64_t of_size, uint64_t of_width) {
    return hn::BitCast(Halves(), hn::Set(D(), of_size | of_width << 32));
  }

  // By how many units sizes may differ.
  HWY_INLINE hn::Vec<hn::RebindToSigned<D>> MostApart(size_t first, size_t count) const {
    const hn::RebindToSigned<D> di;
    if (cutoffs_.each.empty()) return hn::Set(di, cutoffs_.all);
    if (count == kPairs) return hn::LoadU(di, cutoffs_.each.data() + first);
    HWY_ALIGN int64_t some[kPairs] = {};
    std::copy_n(cutoffs_.each.data() + first, count, some);
    return hn::Load(di, some);
  }

  HWY_INLINE void FindSome(TextWords<D> left, TextWords<D> right,
                           hn::Vec<hn::RebindToSigned<D>> most_apart, size_t at,
                           PairTable* HWY_RESTRICT table) const {
    const D d;
    const hn::RebindToSigned<D> di;
    const V low = hn::Set(d, UINT32_MAX);
    const V left_sizes = hn::And(left.sizes_and_widths, low);
    const V right_sizes = hn::And(right.sizes_and_widths, low);
    const auto right_is_longer =
        hn::RebindMask(d, hn::Gt(hn::BitCast(di, right_sizes), hn::BitCast(di, left_sizes)));
    hn::Store(hn::IfThenElse(right_is_longer, right.data, left.data), d, table->patterns + at);
    hn::Store(hn::IfThenElse(right_is_longer, left.data, right.data), d, table->texts + at);
    const V pattern =
        hn::IfThenElse(right_is_longer, right.sizes_and_widths, left.sizes_and_widths);
    const V text = hn::IfThenElse(right_is_longer, left.sizes_and_widths, right.sizes_and_widths);
    StoreShapes(pattern, text, table->shapes + at);

    // The longer size and the wider width at once.
    const auto greater = hn::Max(hn::BitCast(Halves(), pattern), hn::BitCast(Halves(), text));
    const auto keys_over = [&](auto bounds, auto some) HWY_ATTR {
      return hn::IfThenElseZero(hn::Gt(greater, bounds), some);
    };
    auto class_keys = keys_over(Both(kLaneBits[0], 1), Both(kLaneKeys[1], kUnitKeys));
    class_keys = hn::Add(
        class_keys, keys_over(Both(kLaneBits[1], 2), Both(kLaneKeys[2] - kLaneKeys[1], kUnitKeys)));
    class_keys =
        hn::Add(class_keys, keys_over(Both(kLaneBits[2], 4), Both(kLaneKeys[3] - kLaneKeys[2], 0)));

    const V longer = hn::And(pattern, low);
    const V shorter = hn::And(text, low);
    const auto is_over = [&](size_t units) HWY_ATTR {
      return hn::RebindMask(
          d, hn::Gt(hn::BitCast(di, longer), hn::Set(di, static_cast<int64_t>(units))));
    };
    V keys_of_unit =
        hn::Add(hn::And(hn::BitCast(d, class_keys), low), hn::Sub(shorter, hn::Set(d, 1)));
    const auto is_long = is_over(kShortUnits);
    if (units_max_ > kShortUnits && !hn::AllFalse(d, is_long)) {
      const V by_eight = hn::ShiftRight<3>(hn::Sub(shorter, hn::Set(d, 1)));
      static_assert(kSizesAKey == 8);
      keys_of_unit =
          hn::IfThenElse(is_long, hn::Add(hn::Set(d, kLaneKeys[4]), by_eight), keys_of_unit);
    }
    const auto is_apart =
        hn::RebindMask(d, hn::Gt(hn::BitCast(di, hn::Sub(longer, shorter)), most_apart));
    const auto is_alone =
        hn::Or(hn::Or(is_over(units_max_), hn::Eq(shorter, hn::Zero(d))), is_apart);
    keys_of_unit = hn::IfThenElse(is_alone, hn::Set(d, kAlone), keys_of_unit);
    const V unit_keys = hn::ShiftRight<32>(hn::BitCast(d, class_keys));
    const hn::Rebind<uint16_t, D> d16;
    hn::StoreU(hn::TruncateTo(d16, hn::Add(keys_of_unit, unit_keys)), d16, table->keys + at);
  }

  static HWY_INLINE void StoreShapes(V pattern, V text, uint32_t* HWY_RESTRICT shapes) {
    const D d;
    const V byte = hn::Set(d, 0xff);
    const V sizes = hn::Or(hn::And(pattern, byte), hn::ShiftLeft<8>(hn::And(text, byte)));
    const V widths = hn::Or(hn::ShiftLeft<16>(hn::ShiftRight<32>(pattern)),
                            hn::ShiftLeft<24>(hn::ShiftRight<32>(text)));
    const hn::Rebind<uint32_t, D> d32;
    hn::StoreU(hn::TruncateTo(d32, hn::Or(sizes, widths)), d32, shapes);
  }

  const TextColumn left_;
  const TextColumn right_;
  const ScoreCutoffs& cutoffs_;
  const size_t units_max_;
};

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target

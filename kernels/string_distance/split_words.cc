#include "kernels/string_distance/split_words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/split_words.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/text_lanes-inl.h"

#ifndef KERNELSERVE_SPLIT_WORDS_SPACES_  // once, not for each target
#define KERNELSERVE_SPLIT_WORDS_SPACES_
namespace kernelserve {

struct Spaces {
  uint32_t first;
  uint32_t last;
};
inline constexpr std::array<Spaces, 10> kSpaces = {{{0x09, 0x0d},
                                                    {0x1c, 0x20},
                                                    {0x85, 0x85},
                                                    {0xa0, 0xa0},
                                                    {0x1680, 0x1680},
                                                    {0x2000, 0x200a},
                                                    {0x2028, 0x2029},
                                                    {0x202f, 0x202f},
                                                    {0x205f, 0x205f},
                                                    {0x3000, 0x3000}}};

}  // namespace kernelserve
#endif

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if KERNELSERVE_TEXT_LANES

// A bit for each of the first `count` units, at most 16 bytes of them, that is a space.
template <typename Unit>
HWY_INLINE uint64_t FindSpaces(const Unit* units, size_t count) {
  const hn::CappedTag<Unit, 16 / sizeof(Unit)> d;
  const auto block = LoadFirst(units, count);
  auto found = hn::FirstN(d, 0);
  for (const Spaces& some : kSpaces) {
    if (some.last > std::numeric_limits<Unit>::max()) break;
    const auto from_first = hn::Sub(block, hn::Set(d, static_cast<Unit>(some.first)));
    const auto within = hn::Set(d, static_cast<Unit>(some.last - some.first));
    found = hn::Or(found, hn::Eq(hn::Min(from_first, within), from_first));
  }
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, found, bytes);
  uint64_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits & ~(~uint64_t{0} << count);
}

#else

template <typename Unit>
uint64_t FindSpaces(const Unit* units, size_t count) {
  uint64_t bits = 0;
  for (size_t i = 0; i < count; ++i) {
    for (const Spaces& some : kSpaces) {
      bits |= uint64_t{units[i] >= some.first && units[i] <= some.last} << i;
    }
  }
  return bits;
}

#endif

void SplitAtSpaces(Text text, std::vector<Text>* words) {
  words->clear();
  text.Visit([words](auto units) HWY_ATTR {
    constexpr size_t kChunk = 16 / sizeof(units[0]);
    size_t begin = 0;
    const auto add_up_to = [&](size_t end) {
      if (end > begin) words->push_back(Text(units.subspan(begin, end - begin)));
      begin = end + 1;
    };
    for (size_t i = 0; i < units.size(); i += kChunk) {
      uint64_t spaces = FindSpaces(units.data() + i, std::min(kChunk, units.size() - i));
      for (; spaces != 0; spaces &= spaces - 1) {
        add_up_to(i + static_cast<size_t>(std::countr_zero(spaces)));
      }
    }
    add_up_to(units.size());
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(SplitAtSpaces);

void SplitWords(Text text, std::vector<Text>* words) {
  HWY_DYNAMIC_DISPATCH(SplitAtSpaces)(text, words);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

#include "kernels/string_distance/words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/words.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/text_lanes-inl.h"

#ifndef KERNELSERVE_WORDS_SPACES_  // once, not for each target
#define KERNELSERVE_WORDS_SPACES_
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
inline constexpr size_t kLatin1Spaces = 4;  // the first ones

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
  const auto block = LoadFirst(d, units, count);
  const auto within = [&](const Spaces& some) HWY_ATTR {
    const auto from_first = hn::Sub(block, hn::Set(d, static_cast<Unit>(some.first)));
    return hn::Eq(hn::Min(from_first, hn::Set(d, static_cast<Unit>(some.last - some.first))),
                  from_first);
  };
  auto found = within(kSpaces[0]);
  for (size_t i = 1; i < kLatin1Spaces; ++i) found = hn::Or(found, within(kSpaces[i]));
  if constexpr (sizeof(Unit) > 1) {
    // Most alphabets are before these, ideographs after them.
    const Spaces others = {kSpaces[kLatin1Spaces].first, kSpaces.back().last};
    if (!hn::AllFalse(d, within(others))) {
      for (size_t i = kLatin1Spaces; i < kSpaces.size(); ++i) {
        found = hn::Or(found, within(kSpaces[i]));
      }
    }
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

template <typename Unit>
HWY_INLINE Word MakeWord(std::span<const Unit> units) {
  const uint64_t second = units.size() > 1 ? units[1] : 0;
  return {uint64_t{units[0]} << 32 | second, Text(units)};
}

void SplitAtSpaces(Text text, std::vector<Word>* words) {
  words->clear();
  text.Visit([words](auto units) HWY_ATTR {
    constexpr size_t kChunk = 16 / sizeof(units[0]);
    size_t begin = 0;
    const auto add_up_to = [&](size_t end) HWY_ATTR {
      if (end > begin) words->push_back(MakeWord(units.subspan(begin, end - begin)));
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

// Copies `count` units, and anything after them up to 16 bytes.
template <typename Unit>
HWY_INLINE void CopyUnits(const Unit* HWY_RESTRICT from, size_t count, Unit* HWY_RESTRICT to) {
#if KERNELSERVE_TEXT_LANES
  const hn::CappedTag<Unit, 16 / sizeof(Unit)> d;
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    hn::StoreU(LoadFirst(d, from + i, std::min(count - i, hn::Lanes(d))), d, to + i);
  }
#else
  std::copy_n(from, count, to);
#endif
}

Text JoinBySpaces(std::span<const Word> words, std::byte* memory) {
  return words[0].text.Visit([&](auto first) HWY_ATTR {
    using Unit = typename decltype(first)::value_type;
    auto* const begin = reinterpret_cast<Unit*>(memory);
    Unit* to = begin;
    for (const Word& word : words) {
      const auto units = word.text.units<Unit>();
      CopyUnits(units.data(), units.size(), to);
      to += units.size();
      *to++ = Unit{' '};
    }
    return Text(std::span<const Unit>(begin, static_cast<size_t>(to - begin) - 1));
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(SplitAtSpaces);
HWY_EXPORT(JoinBySpaces);

void SplitWords(Text text, std::vector<Word>* words) {
  HWY_DYNAMIC_DISPATCH(SplitAtSpaces)(text, words);
}

size_t JoinedSize(std::span<const Word> words) {
  size_t size = words.empty() ? 0 : words.size() - 1;
  for (const Word& word : words) size += word.text.size();
  return size;
}

Text JoinWords(std::span<const Word> words, std::byte* memory) {
  return HWY_DYNAMIC_DISPATCH(JoinBySpaces)(words, memory);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

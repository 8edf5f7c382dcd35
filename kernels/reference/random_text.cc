#include "kernels/reference/random_text.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace kernelserve::reference {
namespace {

struct Alphabet {
  uint32_t first;
  uint32_t count;
};

constexpr std::array<Alphabet, 8> kAlphabets = {{
    {'a', 2},         // hardly anything to tell apart
    {'a', 26},        // ASCII words
    {0, 256},         // every byte
    {0xE0, 64},       // Latin-1 and beyond: two widths
    {0x4E00, 3000},   // CJK
    {0x1F600, 80},    // emoji
    {0xD7F0, 0x820},  // lone surrogates
    {0, 0x110000},    // all of Unicode
}};

}  // namespace

int WidthOf(const Units& units) {
  const uint32_t largest = units.empty() ? 0 : *std::max_element(units.begin(), units.end());
  return largest > 0xFFFF ? 4 : largest > 0xFF ? 2 : 1;
}

OwnedText::OwnedText(const Units& units, int width) {
  if (width == 1) {
    narrow_.assign(units.begin(), units.end());
    text_ = Text(std::span<const uint8_t>(narrow_));
  } else if (width == 2) {
    middle_.assign(units.begin(), units.end());
    text_ = Text(std::span<const uint16_t>(middle_));
  } else {
    wide_ = units;
    text_ = Text(std::span<const uint32_t>(wide_));
  }
}

OwnedText::OwnedText(const Units& units) : OwnedText(units, WidthOf(units)) {}

uint32_t RandomText::Unit() {
  const Alphabet& alphabet = kAlphabets[alphabet_];
  return alphabet.first + Below(alphabet.count);
}

Units RandomText::Make(size_t size) {
  alphabet_ = Below(kAlphabets.size());
  Units text(size);
  for (uint32_t& unit : text) unit = Unit();
  return text;
}

Units RandomText::Edit(Units text, size_t edits) {
  for (size_t i = 0; i < edits; ++i) {
    const uint32_t at = Below(static_cast<uint32_t>(text.size()) + 1);
    const uint32_t kind = at == text.size() ? 0 : Below(3);
    if (kind == 0) {
      text.insert(text.begin() + at, Unit());
    } else if (kind == 1) {
      text.erase(text.begin() + at);
    } else {
      text[at] = Unit();
    }
  }
  return text;
}

std::pair<Units, Units> RandomText::Pair(size_t size_max) {
  const uint32_t bound = static_cast<uint32_t>(size_max) + 1;
  Units left = Make(Below(bound));
  Units right;
  switch (Below(4)) {
    case 0:
      right = Make(Below(bound));
      break;
    case 1:
      right.resize(Below(bound));
      for (uint32_t& unit : right) unit = Unit();  // unrelated, of the same alphabet
      break;
    case 2:
      right = Edit(left, Below(4));
      break;
    default:
      right = Edit(left, Below(bound));
  }
  if (Below(2) == 0) left.swap(right);
  return {left, right};
}

TextPairs::TextPairs(size_t pairs, size_t size_max, RandomText* random) {
  owned_.reserve(2 * pairs);
  for (size_t i = 0; i < pairs; ++i) {
    auto [a, b] = random->Pair(size_max);
    left.push_back(owned_.emplace_back(a).text());
    right.push_back(owned_.emplace_back(b).text());
    left_units.push_back(std::move(a));
    right_units.push_back(std::move(b));
  }
}

}  // namespace kernelserve::reference

#include "kernels/string_distance/tokens.h"

#include <algorithm>
#include <array>

namespace kernelserve {
namespace {

bool Less(Text left, Text right) {
  return left.Visit([&](auto a) {
    return right.Visit([&](auto b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    });
  });
}

// Sorted words without repetition.
std::vector<Text> Unique(std::span<const Text> tokens) {
  std::vector<Text> unique(tokens.begin(), tokens.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  return unique;
}

template <typename Unit>
Text JoinAs(std::span<const Text> tokens, std::byte* memory, size_t size) {
  auto* const units = reinterpret_cast<Unit*>(memory);
  Unit* to = units;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) *to++ = Unit{' '};
    to = tokens[i].Visit([to](auto token) {
      return std::transform(token.begin(), token.end(), to,
                            [](auto unit) { return static_cast<Unit>(unit); });
    });
  }
  return Text(std::span<const Unit>(units, size));
}

}  // namespace

bool IsSpace(uint32_t unit) {
  if (unit <= 0x20) return (unit >= 0x09 && unit <= 0x0d) || unit >= 0x1c;
  if (unit < 0x85) return false;
  return unit == 0x85 || unit == 0xa0 || unit == 0x1680 || (unit >= 0x2000 && unit <= 0x200a) ||
         unit == 0x2028 || unit == 0x2029 || unit == 0x202f || unit == 0x205f || unit == 0x3000;
}

std::vector<Text> SortedTokens(Text text) {
  std::vector<Text> tokens;
  text.Visit([&](auto units) {
    size_t begin = 0;
    for (size_t i = 0; i <= units.size(); ++i) {
      if (i < units.size() && !IsSpace(units[i])) continue;
      if (i > begin) tokens.push_back(Text(units.subspan(begin, i - begin)));
      begin = i + 1;
    }
  });
  if (tokens.size() > 1) std::sort(tokens.begin(), tokens.end(), Less);
  return tokens;
}

TokenSets CompareTokens(std::span<const Text> left, std::span<const Text> right) {
  const std::vector<Text> a = Unique(left);
  const std::vector<Text> b = Unique(right);
  TokenSets sets;
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] == b[j]) {
      sets.common.push_back(a[i]);
      ++i;
      ++j;
    } else if (Less(a[i], b[j])) {
      sets.only_left.push_back(a[i++]);
    } else {
      sets.only_right.push_back(b[j++]);
    }
  }
  sets.only_left.insert(sets.only_left.end(), a.begin() + static_cast<ptrdiff_t>(i), a.end());
  sets.only_right.insert(sets.only_right.end(), b.begin() + static_cast<ptrdiff_t>(j), b.end());
  return sets;
}

size_t JoinedSize(std::span<const Text> tokens) {
  size_t size = tokens.empty() ? 0 : tokens.size() - 1;
  for (const Text& token : tokens) size += token.size();
  return size;
}

Text TextArena::Join(std::span<const Text> tokens) {
  if (tokens.empty()) return Text();
  if (tokens.size() == 1) return tokens.front();
  const size_t size = JoinedSize(tokens);
  int width = 1;
  for (const Text& token : tokens) width = std::max(width, token.width());
  const size_t bytes = size * static_cast<size_t>(width);
  std::byte* const memory =
      memory_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(bytes)).get();
  if (width == 1) return JoinAs<uint8_t>(tokens, memory, size);
  if (width == 2) return JoinAs<uint16_t>(tokens, memory, size);
  return JoinAs<uint32_t>(tokens, memory, size);
}

}  // namespace kernelserve

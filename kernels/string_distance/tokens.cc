#include "kernels/string_distance/tokens.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/string_distance/split_words.h"

namespace kernelserve {
namespace {

// < 0, 0 or > 0, as left is before right, equal or behind it.
int Compare(Text left, Text right) {
  return left.Visit([&](auto a) {
    return right.Visit([&](auto b) {
      const size_t size = std::min(a.size(), b.size());
      for (size_t i = 0; i < size; ++i) {
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
      }
      return a.size() < b.size() ? -1 : static_cast<int>(a.size() > b.size());
    });
  });
}

// The place after `at` and all words that are equal to the one there.
size_t AfterEqual(std::span<const Text> sorted, size_t at) {
  size_t next = at + 1;
  while (next < sorted.size() && sorted[next] == sorted[at]) ++next;
  return next;
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

void SortedTokens(Text text, std::vector<Text>* tokens) {
  SplitWords(text, tokens);
  if (tokens->size() > 1) {
    std::sort(tokens->begin(), tokens->end(),
              [](const Text& a, const Text& b) { return Compare(a, b) < 0; });
  }
}

void TokenSets::Compare(std::span<const Text> left, std::span<const Text> right) {
  common.clear();
  only_left.clear();
  only_right.clear();
  size_t i = 0;
  size_t j = 0;
  while (i < left.size() || j < right.size()) {
    const int order = j == right.size()  ? -1
                      : i == left.size() ? 1
                                         : kernelserve::Compare(left[i], right[j]);
    (order == 0  ? common
     : order < 0 ? only_left
                 : only_right)
        .push_back(order <= 0 ? left[i] : right[j]);
    if (order <= 0) i = AfterEqual(left, i);
    if (order >= 0) j = AfterEqual(right, j);
  }
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
  std::byte* const memory = Allocate(size * static_cast<size_t>(width));
  if (width == 1) return JoinAs<uint8_t>(tokens, memory, size);
  if (width == 2) return JoinAs<uint16_t>(tokens, memory, size);
  return JoinAs<uint32_t>(tokens, memory, size);
}

std::byte* TextArena::Allocate(size_t bytes) {
  constexpr size_t kChunkBytes = 16 << 10;  // what a block of pairs of a few words asks for
  bytes = (bytes + sizeof(uint32_t) - 1) / sizeof(uint32_t) * sizeof(uint32_t);
  if (bytes > left_) {
    left_ = std::max(bytes, kChunkBytes);
    next_ = chunks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(left_)).get();
  }
  left_ -= bytes;
  return std::exchange(next_, next_ + bytes);
}

}  // namespace kernelserve

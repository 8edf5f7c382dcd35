#include "kernels/string_distance/tokens.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace kernelserve {
namespace {

// < 0, 0 or > 0, as left is before right, equal or behind it.
int Compare(const Word& left, const Word& right) {
  if (left.prefix != right.prefix) return left.prefix < right.prefix ? -1 : 1;
  return left.text.Visit([&](auto a) {
    return right.text.Visit([&](auto b) {
      const size_t size = std::min(a.size(), b.size());
      for (size_t i = 0; i < size; ++i) {
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
      }
      return a.size() < b.size() ? -1 : static_cast<int>(a.size() > b.size());
    });
  });
}

// Puts each of a few words where as many as have a lesser prefix are before it, without branches
// that nobody can predict. False where prefixes are equal, and so more has to be looked at.
bool SortByPrefix(std::span<Word> words) {
  constexpr size_t kWordsMax = 8;
  if (words.size() > kWordsMax) return false;
  std::array<Word, kWordsMax> sorted;
  unsigned taken = 0;
  for (const Word& word : words) {
    size_t place = 0;
    for (const Word& other : words) place += other.prefix < word.prefix ? 1 : 0;
    sorted[place] = word;
    taken |= 1U << place;
  }
  if (taken != (1U << words.size()) - 1) return false;
  std::copy_n(sorted.begin(), words.size(), words.begin());
  return true;
}

// Whether no word's prefix is another's: a quick look, which may miss that it is so.
bool HasDistinctPrefixes(std::span<const Word> left, std::span<const Word> right) {
  constexpr size_t kComparesMax = 64;
  if (left.size() * right.size() > kComparesMax) return false;
  bool equal = false;
  for (const Word& a : left) {
    for (const Word& b : right) equal |= a.prefix == b.prefix;
  }
  for (size_t i = 1; i < left.size(); ++i) equal |= left[i].prefix == left[i - 1].prefix;
  for (size_t i = 1; i < right.size(); ++i) equal |= right[i].prefix == right[i - 1].prefix;
  return !equal;
}

// The place after `at` and all words that are equal to the one there.
size_t AfterEqual(std::span<const Word> sorted, size_t at) {
  size_t next = at + 1;
  while (next < sorted.size() && sorted[next].text == sorted[at].text) ++next;
  return next;
}

}  // namespace

void SortedTokens(Text text, std::vector<Word>* tokens) {
  SplitWords(text, tokens);
  if (tokens->size() < 2 || SortByPrefix(*tokens)) return;
  std::sort(tokens->begin(), tokens->end(),
            [](const Word& a, const Word& b) { return Compare(a, b) < 0; });
}

void TokenSets::Compare(std::span<const Word> left, std::span<const Word> right) {
  common.clear();
  if (HasDistinctPrefixes(left, right)) {
    only_left.assign(left.begin(), left.end());
    only_right.assign(right.begin(), right.end());
    return;
  }
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

Text TextArena::Join(std::span<const Word> tokens) {
  if (tokens.empty()) return Text();
  if (tokens.size() == 1) return tokens.front().text;
  constexpr size_t kChunkBytes = 16 << 10;  // about what a block of pairs of a few words asks for
  size_t bytes =
      JoinedSize(tokens) * static_cast<size_t>(tokens.front().text.width()) + kJoinSlackBytes;
  bytes = (bytes + sizeof(uint32_t) - 1) / sizeof(uint32_t) * sizeof(uint32_t);
  if (bytes > left_) {
    left_ = std::max(bytes, kChunkBytes);
    next_ = chunks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(left_)).get();
  }
  left_ -= bytes;
  return JoinWords(tokens, std::exchange(next_, next_ + bytes));
}

}  // namespace kernelserve

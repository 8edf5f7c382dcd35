#include "kernels/string_distance/sorted_texts.h"

#include <algorithm>
#include <utility>

namespace kernelserve {
namespace {

bool Less(Text left, Text right) {
  return left.Visit([&](auto a) {
    return right.Visit([&](auto b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    });
  });
}

size_t CommonPrefix(Text left, Text right) {
  return left.Visit([&](auto a) {
    return right.Visit([&](auto b) {
      const size_t shorter = std::min(a.size(), b.size());
      size_t prefix = 0;
      while (prefix < shorter && a[prefix] == b[prefix]) ++prefix;
      return prefix;
    });
  });
}

// The first units of a text as one number that grows in the order of the texts: seven of a byte
// each, or of others the first and most of the second. Each is one more than it is, as 0 stands for
// the end.
uint64_t PrefixKey(Text text, bool bytes) {
  const auto unit = [&](size_t i) { return i < text.size() ? uint64_t{text[i]} + 1 : 0; };
  if (!bytes) return unit(0) << 31 | unit(1) >> 2;
  uint64_t key = 0;
  for (size_t i = 0; i < 7; ++i) key = key << 9 | unit(i);
  return key;
}

}  // namespace

SortedTexts::SortedTexts(std::span<const Text> texts, size_t units_max) : texts_(texts) {
  const bool bytes =
      std::all_of(texts.begin(), texts.end(), [](const Text& text) { return text.width() == 1; });
  std::vector<std::pair<uint64_t, uint16_t>> keys;
  keys.reserve(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto place = static_cast<uint16_t>(i);
    if (texts[i].size() > units_max) {
      too_long_.push_back(place);
    } else {
      keys.emplace_back(PrefixKey(texts[i], bytes), place);
    }
  }
  std::sort(keys.begin(), keys.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return Less(texts[a.second], texts[b.second]);
  });
  order_.reserve(keys.size());
  shared_.reserve(keys.size());
  for (const auto& [key, place] : keys) {
    const size_t shared = order_.empty() ? 0 : CommonPrefix(texts[order_.back()], texts[place]);
    shared_.push_back(static_cast<uint8_t>(std::min(shared, kSharedMax)));
    order_.push_back(place);
  }
}

}  // namespace kernelserve

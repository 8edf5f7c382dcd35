#include "kernels/string_distance/sorted_texts.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

// Holds the order and the prefixes to what comparing the texts gives.
void ExpectSorted(const std::vector<Units>& units) {
  std::vector<OwnedText> owned;
  for (const Units& text : units) owned.emplace_back(text);
  std::vector<Text> texts;
  for (const OwnedText& text : owned) texts.push_back(text.text());
  constexpr size_t kMost = 10;
  const SortedTexts sorted(texts, kMost);

  std::vector<Units> kept;
  std::vector<uint16_t> too_long;
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i].size() <= kMost) {
      kept.push_back(units[i]);
    } else {
      too_long.push_back(static_cast<uint16_t>(i));
    }
  }
  std::sort(kept.begin(), kept.end());
  EXPECT_EQ(std::vector<uint16_t>(sorted.too_long().begin(), sorted.too_long().end()), too_long);
  ASSERT_EQ(sorted.order().size(), kept.size());
  ASSERT_EQ(sorted.shared().size(), kept.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    const Units& text = units[sorted.order()[i]];
    ASSERT_EQ(text, kept[i]) << i;
    if (i == 0) {
      EXPECT_EQ(sorted.shared()[i], 0);
      continue;
    }
    const auto prefix =
        std::mismatch(text.begin(), text.end(), kept[i - 1].begin(), kept[i - 1].end());
    EXPECT_EQ(sorted.shared()[i], prefix.first - text.begin()) << i;
  }
}

TEST(SortedTextsTest, OrdersByUnitsAndTellsCommonPrefixes) {
  RandomText random(1);
  // The greatest symbols, which differ from the third unit on or by their lowest bits.
  const uint32_t top = UINT32_MAX;
  std::vector<Units> texts = {{top}, {top, top}, {top, top - 1}, {top - 1, top}, {}, {top, top, 1}};
  for (int i = 0; i < 500; ++i) {
    auto [one, other] = random.Pair(12);
    texts.push_back(std::move(one));
    texts.push_back(std::move(other));
  }
  ExpectSorted(texts);
}

TEST(SortedTextsTest, OrdersBytesAlone) {
  ExpectSorted({});
  ExpectSorted({{'a'}});
  RandomText random(2);
  // Few units, the least and the greatest among them: texts that begin with each other, are equal,
  // or differ beyond what the keys hold.
  constexpr std::array<uint32_t, 4> kUnits = {0, 1, 'a', 0xFF};
  std::vector<Units> texts = {{}, {0}, {0, 0}, {0xFF}, {0xFF, 0}};
  for (int i = 0; i < 3'000; ++i) {
    Units text(random.Below(12), 'a');
    for (uint32_t& unit : text) {
      if (random.Below(3) == 0) unit = kUnits[random.Below(kUnits.size())];
    }
    texts.push_back(std::move(text));
  }
  ExpectSorted(texts);
}

}  // namespace
}  // namespace kernelserve

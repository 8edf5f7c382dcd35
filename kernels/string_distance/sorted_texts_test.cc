#include "kernels/string_distance/sorted_texts.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

TEST(SortedTextsTest, OrdersByUnitsAndTellsCommonPrefixes) {
  RandomText random(1);
  std::vector<Units> units;
  std::vector<OwnedText> owned;
  // The greatest symbols, which differ from the third unit on or by their lowest bits.
  const uint32_t top = UINT32_MAX;
  std::vector<Units> some = {{top}, {top, top}, {top, top - 1}, {top - 1, top}, {}, {top, top, 1}};
  for (int i = 0; i < 500; ++i) {
    auto [one, other] = random.Pair(12);
    some.push_back(std::move(one));
    some.push_back(std::move(other));
  }
  for (Units& text : some) {
    owned.emplace_back(text);
    units.push_back(std::move(text));
  }
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
  for (size_t i = 0; i < kept.size(); ++i) {
    const Units& text = units[sorted.order()[i]];
    ASSERT_EQ(text, kept[i]) << i;
    if (i == 0) continue;
    const auto prefix =
        std::mismatch(text.begin(), text.end(), kept[i - 1].begin(), kept[i - 1].end());
    EXPECT_EQ(sorted.shared()[i], prefix.first - text.begin());
  }
}

}  // namespace
}  // namespace kernelserve

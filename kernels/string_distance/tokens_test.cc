#include "kernels/string_distance/tokens.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::u32string> Strings(const std::vector<Text>& texts) {
  std::vector<std::u32string> strings;
  for (const Text& text : texts) {
    std::u32string& string = strings.emplace_back();
    for (size_t i = 0; i < text.size(); ++i) string.push_back(text[i]);
  }
  return strings;
}

Text Ascii(std::string_view text) { return Text(text); }

// Python 3: [c for c in range(0x110000) if chr(c).isspace()].
TEST(TokensTest, SpacesArePythons) {
  std::vector<uint32_t> spaces;
  for (uint32_t unit = 0; unit < 0x110000; ++unit) {
    if (IsSpace(unit)) spaces.push_back(unit);
  }
  EXPECT_THAT(spaces,
              ElementsAre(0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0,
                          0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007,
                          0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000));
}

TEST(TokensTest, WordsAreSortedByCodePoint) {
  EXPECT_THAT(Strings(SortedTokens(Ascii("  new york  mets\n"))),
              ElementsAre(U"mets", U"new", U"york"));
  EXPECT_THAT(Strings(SortedTokens(Ascii("b ba a B"))), ElementsAre(U"B", U"a", U"b", U"ba"));
  EXPECT_THAT(SortedTokens(Ascii(" \t ")), IsEmpty());
  EXPECT_THAT(SortedTokens(Text()), IsEmpty());
  const reference::OwnedText wide({U'\u6771', U'\u3000', U'z'});
  EXPECT_THAT(Strings(SortedTokens(wide.text())), ElementsAre(U"z", U"\u6771"));
}

TEST(TokensTest, SetsLeaveOutRepetitions) {
  const std::vector<Text> left = SortedTokens(Ascii("b a a c b"));
  const std::vector<Text> right = SortedTokens(Ascii("c d d a"));
  const TokenSets sets = CompareTokens(left, right);
  EXPECT_THAT(Strings(sets.common), ElementsAre(U"a", U"c"));
  EXPECT_THAT(Strings(sets.only_left), ElementsAre(U"b"));
  EXPECT_THAT(Strings(sets.only_right), ElementsAre(U"d"));
}

TEST(TokensTest, JoinsWordsOfDifferentWidth) {
  const reference::OwnedText wide({U'\U0001f600'});
  const reference::OwnedText middle({U'\u6771'});
  const std::vector<Text> tokens = {Ascii("ab"), wide.text(), middle.text()};
  TextArena arena;
  EXPECT_THAT(Strings({arena.Join(tokens)}), ElementsAre(U"ab \U0001f600 \u6771"));
  EXPECT_EQ(JoinedSize(tokens), 6u);
  EXPECT_EQ(arena.Join({}).size(), 0u);
  EXPECT_EQ(JoinedSize({}), 0u);
}

}  // namespace
}  // namespace kernelserve

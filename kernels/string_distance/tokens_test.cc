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

std::vector<Text> Sorted(Text text) {
  std::vector<Text> tokens;
  SortedTokens(text, &tokens);
  return tokens;
}

TEST(TokensTest, WordsAreSortedByCodePoint) {
  EXPECT_THAT(Strings(Sorted(Ascii("  new york  mets\n"))), ElementsAre(U"mets", U"new", U"york"));
  EXPECT_THAT(Strings(Sorted(Ascii("b ba a B"))), ElementsAre(U"B", U"a", U"b", U"ba"));
  EXPECT_THAT(Sorted(Ascii(" \t ")), IsEmpty());
  EXPECT_THAT(Sorted(Text()), IsEmpty());
  const reference::OwnedText wide({U'\u6771', U'\u3000', U'z'});
  EXPECT_THAT(Strings(Sorted(wide.text())), ElementsAre(U"z", U"\u6771"));
}

TEST(TokensTest, SetsLeaveOutRepetitions) {
  const std::vector<Text> left = Sorted(Ascii("b a a c b"));
  const std::vector<Text> right = Sorted(Ascii("c d d a"));
  TokenSets sets;
  sets.Compare(left, right);
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

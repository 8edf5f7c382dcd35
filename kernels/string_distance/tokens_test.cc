#include "kernels/string_distance/tokens.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::u32string String(Text text) {
  std::u32string string;
  for (size_t i = 0; i < text.size(); ++i) string.push_back(text[i]);
  return string;
}

std::vector<std::u32string> StringsOf(const std::vector<Word>& words) {
  std::vector<std::u32string> strings;
  for (const Word& word : words) strings.push_back(String(word.text));
  return strings;
}

Text Ascii(std::string_view text) { return Text(text); }

std::vector<Word> Sorted(Text text) {
  std::vector<Word> tokens;
  SortedTokens(text, &tokens);
  return tokens;
}

TEST(TokensTest, WordsAreSortedByCodePoint) {
  EXPECT_THAT(StringsOf(Sorted(Ascii("  new york  mets\n"))),
              ElementsAre(U"mets", U"new", U"york"));
  EXPECT_THAT(StringsOf(Sorted(Ascii("b ba a B"))), ElementsAre(U"B", U"a", U"b", U"ba"));
  EXPECT_THAT(Sorted(Ascii(" \t ")), IsEmpty());
  EXPECT_THAT(Sorted(Text()), IsEmpty());
  const reference::OwnedText wide({U'\u6771', U'\u3000', U'z'});
  EXPECT_THAT(StringsOf(Sorted(wide.text())), ElementsAre(U"z", U"\u6771"));
}

TEST(TokensTest, SetsLeaveOutRepetitions) {
  const std::vector<Word> left = Sorted(Ascii("b a a c b"));
  const std::vector<Word> right = Sorted(Ascii("c d d a"));
  TokenSets sets;
  sets.Compare(left, right);
  EXPECT_THAT(StringsOf(sets.common), ElementsAre(U"a", U"c"));
  EXPECT_THAT(StringsOf(sets.only_left), ElementsAre(U"b"));
  EXPECT_THAT(StringsOf(sets.only_right), ElementsAre(U"d"));
}

TEST(TokensTest, WordsThatBeginAlikeAreToldApart) {
  EXPECT_THAT(StringsOf(Sorted(Ascii("abd ab abc a abc"))),
              ElementsAre(U"a", U"ab", U"abc", U"abc", U"abd"));
  const reference::OwnedText nul({'a', 0, ' ', 'a'});
  EXPECT_THAT(StringsOf(Sorted(nul.text())), ElementsAre(U"a", std::u32string(U"a\0", 2)));
  TokenSets sets;
  sets.Compare(Sorted(Ascii("abc abd x")), Sorted(Ascii("abd abe")));
  EXPECT_THAT(StringsOf(sets.common), ElementsAre(U"abd"));
  EXPECT_THAT(StringsOf(sets.only_left), ElementsAre(U"abc", U"x"));
  EXPECT_THAT(StringsOf(sets.only_right), ElementsAre(U"abe"));
}

TEST(TokensTest, MoreWordsThanAreSortedByPrefix) {
  EXPECT_THAT(StringsOf(Sorted(Ascii("j i h g f e d c b a"))),
              ElementsAre(U"a", U"b", U"c", U"d", U"e", U"f", U"g", U"h", U"i", U"j"));
  TokenSets sets;
  sets.Compare(Sorted(Ascii("a b c d e f g h i")), Sorted(Ascii("i h g f e d c b z")));
  EXPECT_EQ(sets.common.size(), 8u);
  EXPECT_THAT(StringsOf(sets.only_left), ElementsAre(U"a"));
  EXPECT_THAT(StringsOf(sets.only_right), ElementsAre(U"z"));
}

TEST(TokensTest, JoinsWordsOfEveryWidthAtEveryTarget) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    const reference::Units units = {'t', 'h', 'e', ' ', 'l', 'o', 'n', 'g', 'e',
                                    's', 't', '-', 'w', 'o', 'r', 'd', '-', 'o',
                                    'f', '-', 't', 'h', 'e', 'm', ' ', 'a'};
    for (const int width : {1, 2, 4}) {
      const reference::OwnedText text(units, width);
      TextArena arena;
      EXPECT_EQ(String(arena.Join(Sorted(text.text()))), U"a longest-word-of-them the") << width;
      EXPECT_EQ(arena.Join({}).size(), 0u);
    }
  });
  EXPECT_EQ(JoinedSize(Sorted(Ascii("ab c d"))), 6u);
  EXPECT_EQ(JoinedSize({}), 0u);
}

}  // namespace
}  // namespace kernelserve

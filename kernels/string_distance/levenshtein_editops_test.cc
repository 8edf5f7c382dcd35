#include "kernels/string_distance/levenshtein_editops.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/edits.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/levenshtein.h"

namespace kernelserve {
namespace {

using reference::Edit;
using reference::EditsOf;
using reference::OwnedText;
using reference::RandomText;
using reference::Units;
using ::testing::ElementsAre;

std::vector<Edit> LevenshteinEdits(const std::string& left, const std::string& right) {
  return EditsOf(LevenshteinEditops(Text(left), Text(right)));
}

// Values of RapidFuzz 3.14's distance.Levenshtein.editops.
TEST(LevenshteinEditopsTest, KnownScripts) {
  EXPECT_THAT(LevenshteinEdits("kitten", "sitting"),
              ElementsAre(Edit{'s', 0, 0}, Edit{'s', 4, 4}, Edit{'i', 6, 6}));
  EXPECT_THAT(LevenshteinEdits("qabxcd", "abycdf"),
              ElementsAre(Edit{'d', 0, 0}, Edit{'s', 3, 2}, Edit{'i', 6, 5}));
  EXPECT_THAT(LevenshteinEdits("", "ab"), ElementsAre(Edit{'i', 0, 0}, Edit{'i', 0, 1}));
  EXPECT_THAT(LevenshteinEdits("ab", ""), ElementsAre(Edit{'d', 0, 0}, Edit{'d', 1, 0}));
  EXPECT_THAT(LevenshteinEdits("", ""), ElementsAre());
  EXPECT_THAT(LevenshteinEdits("same", "same"), ElementsAre());
}

TEST(LevenshteinEditopsTest, RandomScriptsAreThoseOfTheWholeMatrix) {
  RandomText random(23);
  for (int i = 0; i < 4000; ++i) {
    const auto [left, right] = random.Pair(i % 20 == 0 ? 500 : 90);
    const OwnedText owned_left(left);
    const OwnedText owned_right(right);
    const auto edits = EditsOf(LevenshteinEditops(owned_left.text(), owned_right.text()));
    // Over a common prefix and suffix, all shortest paths need not go: the oracle gets none.
    size_t prefix = 0;
    while (prefix < std::min(left.size(), right.size()) && left[prefix] == right[prefix]) ++prefix;
    size_t suffix = 0;
    while (suffix < std::min(left.size(), right.size()) - prefix &&
           left[left.size() - 1 - suffix] == right[right.size() - 1 - suffix]) {
      ++suffix;
    }
    auto expected =
        reference::LevenshteinEditops(Units(left.begin() + prefix, left.end() - suffix),
                                      Units(right.begin() + prefix, right.end() - suffix));
    for (Edit& edit : expected) {
      edit.left_position += prefix;
      edit.right_position += prefix;
    }
    ASSERT_EQ(edits, expected) << testing::PrintToString(left) << "\n"
                               << testing::PrintToString(right);
    ASSERT_EQ(reference::ApplyEditops(edits, left, right), right);
  }
}

TEST(LevenshteinEditopsTest, DividedInputsGiveShortestScriptsThatApply) {
  RandomText random(29);
  for (int i = 0; i < 12; ++i) {
    const Units left = random.Make(3000 + random.Below(9000));
    const Units right = random.Edit(left, random.Below(2) == 0 ? 50 : 4000);
    const OwnedText owned_left(left);
    const OwnedText owned_right(right);
    const auto edits = EditsOf(LevenshteinEditops(owned_left.text(), owned_right.text()));
    ASSERT_EQ(static_cast<int64_t>(edits.size()),
              LevenshteinDistance(owned_left.text(), owned_right.text()));
    ASSERT_EQ(reference::ApplyEditops(edits, left, right), right);
  }
}

TEST(LevenshteinEditopsTest, ReturnsEarlyOnceStopped) {
  const std::atomic<bool> stopped = true;
  const std::string left(3'000'000, 'a');
  const std::string right(3'000'000, 'b');
  EXPECT_LE(LevenshteinEditops(Text(left), Text(right), StopToken(&stopped)).size(), 3'000'000u);
}

TEST(LevenshteinEditopsCostTest, HoldsTheLongestScript) {
  EXPECT_EQ(LevenshteinEditopsCost(3, 5).edits, 5u);
  EXPECT_EQ(LevenshteinEditopsCost(0, 0).edits, 0u);
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/osa_editops.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/edits.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::Edit;
using reference::EditsOf;
using reference::OwnedText;
using reference::RandomText;
using reference::Units;
using ::testing::ElementsAre;

std::vector<Edit> OsaEdits(const std::string& left, const std::string& right) {
  return EditsOf(OsaEditops(Text(left), Text(right)));
}

// By hand: RapidFuzz has no such scripts.
TEST(OsaEditopsTest, KnownScripts) {
  EXPECT_THAT(OsaEdits("ab", "ba"), ElementsAre(Edit{'t', 0, 0}));
  EXPECT_THAT(OsaEdits("xaby", "xbay"), ElementsAre(Edit{'t', 1, 1}));
  EXPECT_THAT(OsaEdits("abcd", "badc"), ElementsAre(Edit{'t', 0, 0}, Edit{'t', 2, 2}));
  // Not 2, as what was swapped is not edited again.
  EXPECT_THAT(OsaEdits("ca", "abc"),
              ElementsAre(Edit{'i', 0, 0}, Edit{'i', 0, 1}, Edit{'d', 1, 3}));
  EXPECT_THAT(OsaEdits("kitten", "sitting"),
              ElementsAre(Edit{'s', 0, 0}, Edit{'s', 4, 4}, Edit{'i', 6, 6}));
  EXPECT_THAT(OsaEdits("", "ab"), ElementsAre(Edit{'i', 0, 0}, Edit{'i', 0, 1}));
  EXPECT_THAT(OsaEdits("ab", ""), ElementsAre(Edit{'d', 0, 0}, Edit{'d', 1, 0}));
  EXPECT_THAT(OsaEdits("same", "same"), ElementsAre());
}

TEST(OsaEditopsTest, RandomScriptsAreShortestAndApply) {
  RandomText random(43);
  size_t transpositions = 0;
  for (int i = 0; i < 3000; ++i) {
    auto [left, right] = random.Pair(i % 20 == 0 ? 300 : 90);
    for (int swaps = 0; swaps < i % 4 && right.size() > 1; ++swaps) {
      const uint32_t at = random.Below(static_cast<uint32_t>(right.size() - 1));
      std::swap(right[at], right[at + 1]);
    }
    const OwnedText a(left);
    const OwnedText b(right);
    const auto edits = EditsOf(OsaEditops(a.text(), b.text()));
    ASSERT_EQ(static_cast<int64_t>(edits.size()), reference::OsaDistance(left, right));
    ASSERT_EQ(reference::ApplyEditops(edits, left, right), right)
        << testing::PrintToString(left) << "\n"
        << testing::PrintToString(right);
    for (const Edit& edit : edits) {
      if (edit.kind != 't') continue;
      ++transpositions;
      ASSERT_EQ(left.at(edit.left_position), right.at(edit.right_position + 1));
      ASSERT_EQ(left.at(edit.left_position + 1), right.at(edit.right_position));
    }
  }
  EXPECT_GT(transpositions, 1000u);
}

TEST(OsaEditopsTest, ColumnsComputedAgainGiveShortestScriptsThatApply) {
  RandomText random(47);
  for (int i = 0; i < 3; ++i) {
    const Units left = random.Make(2500);
    Units right = random.Edit(left, 700);
    for (size_t at = 10; at + 1 < right.size(); at += 50) std::swap(right[at], right[at + 1]);
    const OwnedText a(left);
    const OwnedText b(right);
    const auto edits = EditsOf(OsaEditops(a.text(), b.text()));
    ASSERT_EQ(static_cast<int64_t>(edits.size()), reference::OsaDistance(left, right));
    ASSERT_EQ(reference::ApplyEditops(edits, left, right), right);
  }
}

TEST(OsaEditopsTest, ReturnsEarlyOnceStopped) {
  const std::atomic<bool> stopped = true;
  const std::string left(3'000'000, 'a');
  const std::string right(3'000'000, 'b');
  EXPECT_LE(OsaEditops(Text(left), Text(right), StopToken(&stopped)).size(), 3'000'000u);
}

TEST(OsaEditopsCostTest, HoldsTheLongestScriptInLittleMemory) {
  EXPECT_EQ(OsaEditopsCost(3, 5).edits, 5u);
  EXPECT_LT(OsaEditopsCost(1'000'000, 1'000'000).bytes, 120'000'000u);
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/lcs_seq_editops.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/edits.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/indel.h"

namespace kernelserve {
namespace {

using reference::Edit;
using reference::EditsOf;
using reference::OwnedText;
using reference::RandomText;
using reference::Units;
using ::testing::ElementsAre;

std::vector<Edit> LcsSeqEdits(const std::string& left, const std::string& right) {
  return EditsOf(LcsSeqEditops(Text(left), Text(right)));
}

// From the whole matrix of the distance without substitutions, one cell at a time: the deletion,
// then the insertion, wherever one is on a shortest path.
std::vector<Edit> OracleEdits(const Units& left, const Units& right) {
  const reference::Matrix d = reference::LevenshteinMatrix(left, right, 1, 1, 2);
  std::vector<Edit> edits;
  auto i = static_cast<uint32_t>(left.size());
  auto j = static_cast<uint32_t>(right.size());
  while (i > 0 || j > 0) {
    if (i > 0 && d[i][j] == d[i - 1][j] + 1) {
      edits.push_back({'d', --i, j});
    } else if (i == 0 || (j > 1 && d[i][j] == d[i][j - 1] + 1)) {
      edits.push_back({'i', i, --j});
    } else {
      --i, --j;
    }
  }
  std::reverse(edits.begin(), edits.end());
  return edits;
}

// Values of RapidFuzz 3.14's distance.LCSseq.editops.
TEST(LcsSeqEditopsTest, KnownScripts) {
  EXPECT_THAT(LcsSeqEdits("kitten", "sitting"),
              ElementsAre(Edit{'i', 0, 0}, Edit{'d', 0, 1}, Edit{'i', 4, 4}, Edit{'d', 4, 5},
                          Edit{'i', 6, 6}));
  EXPECT_THAT(LcsSeqEdits("qabxcd", "abycdf"),
              ElementsAre(Edit{'d', 0, 0}, Edit{'i', 3, 2}, Edit{'d', 3, 3}, Edit{'i', 6, 5}));
  EXPECT_THAT(LcsSeqEdits("", "ab"), ElementsAre(Edit{'i', 0, 0}, Edit{'i', 0, 1}));
  EXPECT_THAT(LcsSeqEdits("ab", ""), ElementsAre(Edit{'d', 0, 0}, Edit{'d', 1, 0}));
  EXPECT_THAT(LcsSeqEdits("same", "same"), ElementsAre());
}

TEST(LcsSeqEditopsTest, RandomScriptsAreThoseOfTheWholeMatrix) {
  RandomText random(31);
  for (int i = 0; i < 3000; ++i) {
    auto [left, right] = random.Pair(i % 20 == 0 ? 400 : 90);
    // Over a common prefix and suffix, all shortest paths need not go: the oracle gets none.
    if (left.empty() || right.empty() || left.front() == right.front() ||
        left.back() == right.back()) {
      left.insert(left.begin(), 'x');
      right.insert(right.begin(), 'y');
      left.push_back('v');
      right.push_back('w');
    }
    const OwnedText a(left);
    const OwnedText b(right);
    ASSERT_EQ(EditsOf(LcsSeqEditops(a.text(), b.text())), OracleEdits(left, right))
        << testing::PrintToString(left) << "\n"
        << testing::PrintToString(right);
  }
}

TEST(LcsSeqEditopsTest, ColumnsComputedAgainGiveTheSameScriptAsColumnsKept) {
  // Too long for all columns to be kept; the oracle keeps its whole matrix.
  RandomText random(37);
  for (int i = 0; i < 3; ++i) {
    const Units left = random.Make(2500);
    const Units right = random.Edit(left, 1500);
    const OwnedText a(left);
    const OwnedText b(right);
    ASSERT_EQ(EditsOf(LcsSeqEditops(a.text(), b.text())), OracleEdits(left, right));
  }
}

TEST(LcsSeqEditopsTest, ScriptsOfLongTextsAreShortestAndApply) {
  RandomText random(41);
  for (int i = 0; i < 4; ++i) {
    const Units left = random.Make(20'000);
    const Units right = random.Edit(left, i % 2 == 0 ? 50 : 9000);
    const OwnedText a(left);
    const OwnedText b(right);
    const auto edits = EditsOf(LcsSeqEditops(a.text(), b.text()));
    ASSERT_EQ(static_cast<int64_t>(edits.size()),
              IndelDistance(PatternMasks(a.text()), b.text(), StopToken()));
    ASSERT_EQ(reference::ApplyEditops(edits, left, right), right);
  }
}

TEST(LcsSeqEditopsTest, ReturnsEarlyOnceStopped) {
  const std::atomic<bool> stopped = true;
  const std::string left(3'000'000, 'a');
  const std::string right(3'000'000, 'b');
  EXPECT_LE(LcsSeqEditops(Text(left), Text(right), StopToken(&stopped)).size(), 6'000'000u);
}

TEST(LcsSeqEditopsCostTest, HoldsTheLongestScriptInLittleMemory) {
  EXPECT_EQ(LcsSeqEditopsCost(3, 5).edits, 8u);
  EXPECT_EQ(LcsSeqEditopsCost(3, 0).bytes, 0u);
  // The whole matrix would have 125 GB.
  EXPECT_LT(LcsSeqEditopsCost(1'000'000, 1'000'000).bytes, 30'000'000u);
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/alignment_score.h"

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/alignments.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

constexpr AlignmentKind kKinds[] = {AlignmentKind::kGlobal, AlignmentKind::kLocal};

int64_t Score(AlignmentKind kind, std::string_view left, std::string_view right,
              const AlignmentScores& scores) {
  const Text a(left);
  const Text b(right);
  int64_t out = 0;
  AlignmentScoreBlock(kind, std::span(&a, 1), std::span(&b, 1), scores, std::span(&out, 1), {});
  return out;
}

TEST(AlignmentScoreTest, EqualsTheOracleAtEveryTargetAndWidth) {
  const std::vector<AlignmentScores> tried = {
      {},
      {.match = 2, .mismatch = -3, .gap_open = -5, .gap_extend = -2},
      {.match = 1, .mismatch = 0, .gap_open = 0, .gap_extend = 0},
      {.match = 5, .mismatch = 2, .gap_open = -4, .gap_extend = -1},
      {.match = 120, .mismatch = -110, .gap_open = -60, .gap_extend = -7},  // of few units in lanes
      {.match = 1'000'000, .mismatch = -1'000'000, .gap_open = -1'000'000, .gap_extend = -1},
      {.match = -1, .mismatch = -2, .gap_open = -3, .gap_extend = -3},
  };
  RandomText random(31);
  for (int round = 0; round < 42; ++round) {
    const size_t pairs = 1 + random.Below(90);
    const size_t size_max = std::vector<size_t>{6, 20, 140}[round % 3];
    const AlignmentScores& scores = tried[static_cast<size_t>(round) % tried.size()];
    const AlignmentKind kind = kKinds[round % 2];
    std::vector<int64_t> expected;
    std::vector<OwnedText> owned;
    std::vector<Text> left;
    std::vector<Text> right;
    owned.reserve(2 * pairs);
    for (size_t i = 0; i < (size_max > 100 ? 1 + pairs / 10 : pairs); ++i) {
      const auto [a, b] = random.Pair(size_max);
      owned.emplace_back(a);
      left.push_back(owned.back().text());
      owned.emplace_back(b);
      right.push_back(owned.back().text());
      expected.push_back(reference::AlignmentScore(kind, a, b, scores));
    }
    reference::ForEachSimdTarget([&](const char* target) {
      SCOPED_TRACE(testing::Message() << target << ", round " << round);
      std::vector<int64_t> out(left.size());
      AlignmentScoreBlock(kind, left, right, scores, out, {});
      ASSERT_EQ(out, expected);
    });
    if (HasFatalFailure()) return;
  }
}

// The examples that are usual for either algorithm.
TEST(AlignmentScoreTest, GivesTheTextbookExamples) {
  EXPECT_EQ(Score(AlignmentKind::kGlobal, "GATTACA", "GCATGCU", {}), 0);
  // Two matches and one gap of two, which is better than two gaps.
  EXPECT_EQ(Score(AlignmentKind::kGlobal, "CG", "CCCG",
                  {.match = 1, .mismatch = 0, .gap_open = -4, .gap_extend = -1}),
            -3);
  EXPECT_EQ(Score(AlignmentKind::kLocal, "TGTTACGG", "GGTTGACTA",
                  {.match = 3, .mismatch = -3, .gap_open = -2, .gap_extend = -2}),
            13);
}

TEST(AlignmentScoreTest, EmptyTextsAreGapsOrNothing) {
  const AlignmentScores scores = {.match = 1, .mismatch = -1, .gap_open = -3, .gap_extend = -1};
  EXPECT_EQ(Score(AlignmentKind::kGlobal, "", "", scores), 0);
  EXPECT_EQ(Score(AlignmentKind::kGlobal, "", "abc", scores), -5);
  EXPECT_EQ(Score(AlignmentKind::kGlobal, "abc", "", scores), -5);
  EXPECT_EQ(Score(AlignmentKind::kLocal, "", "abc", scores), 0);
  EXPECT_EQ(Score(AlignmentKind::kLocal, "abc", "xyz", scores), 0);
}

// Of a vector's pairs, some end before others: what fills them up matched a unit of its value.
TEST(AlignmentScoreTest, UnitsThatStandForATextsEndAreUnitsLikeOthers) {
  const std::vector<uint16_t> a = {'a', 0xFFFE, 0xFFFE, 0xFFFE};
  const std::vector<uint16_t> b = {0xFFFF, 0xFFFF, 0xFFFF, 'a'};
  const std::vector<Text> left = {Text(std::span(a).first(1)), Text(a), Text(b)};
  const std::vector<Text> right = {Text(b), Text(std::span(a).first(1)), Text(b)};
  std::vector<int64_t> out(3);
  AlignmentScoreBlock(AlignmentKind::kLocal, left, right, {}, out, {});
  EXPECT_EQ(out, (std::vector<int64_t>{1, 1, 4}));
}

TEST(AlignmentScoreTest, LongTextsStopEarly) {
  const std::string text(1 << 20, 'a');
  const std::atomic<bool> stopped = true;
  const Text a(text);
  int64_t out = -1;
  AlignmentScoreBlock(AlignmentKind::kGlobal, std::span(&a, 1), std::span(&a, 1), {},
                      std::span(&out, 1), StopToken(&stopped));
  EXPECT_EQ(out, -1);
}

}  // namespace
}  // namespace kernelserve

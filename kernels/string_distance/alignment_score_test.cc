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

using reference::RandomText;
using reference::TextPairs;
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
    const TextPairs texts(size_max > 100 ? 1 + pairs / 10 : pairs, size_max, &random);
    std::vector<int64_t> expected;
    for (size_t i = 0; i < texts.left.size(); ++i) {
      expected.push_back(
          reference::AlignmentScore(kind, texts.left_units[i], texts.right_units[i], scores));
    }
    reference::ForEachSimdTarget([&](const char* target) {
      SCOPED_TRACE(testing::Message() << target << ", round " << round);
      std::vector<int64_t> out(expected.size());
      AlignmentScoreBlock(kind, texts.left, texts.right, scores, out, {});
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

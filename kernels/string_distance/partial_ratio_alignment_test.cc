#include "kernels/string_distance/partial_ratio_alignment.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/ratio_queue.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;
using ::testing::FieldsAre;

auto Is(double score, size_t left_begin, size_t left_end, size_t right_begin, size_t right_end) {
  return FieldsAre(score, left_begin, left_end, right_begin, right_end, std::nullopt);
}

Alignment Align(const std::string& left, const std::string& right) {
  return PartialRatioAlignment(Text(left), Text(right));
}

double RatioOfUnits(const Units& left, const Units& right) {
  return RatioOf(reference::IndelDistance(left, right), left.size() + right.size());
}

Units Part(const Units& units, size_t begin, size_t end) {
  return {units.begin() + static_cast<std::ptrdiff_t>(begin),
          units.begin() + static_cast<std::ptrdiff_t>(end)};
}

// The greatest ratio of all of `shorter` and a part of `longer`.
double BestOfParts(const Units& shorter, const Units& longer) {
  double best = 0;
  for (size_t begin = 0; begin < longer.size(); ++begin) {
    const size_t end = std::min(longer.size(), begin + shorter.size());
    best = std::max(best, RatioOfUnits(shorter, Part(longer, begin, end)));
  }
  for (size_t end = 1; end < shorter.size(); ++end) {
    best = std::max(best, RatioOfUnits(shorter, Part(longer, 0, end)));
  }
  return best;
}

// Values of RapidFuzz 3.14's fuzz.partial_ratio_alignment.
TEST(PartialRatioAlignmentTest, KnownAlignments) {
  EXPECT_THAT(Align("a certain string", "cetain"), Is((1 - 2.0 / 12) * 100, 2, 8, 0, 6));
  EXPECT_THAT(Align("cetain", "a certain string"), Is((1 - 2.0 / 12) * 100, 0, 6, 2, 8));
  EXPECT_THAT(Align("ab", "xxabxxabxx"), Is(100, 0, 2, 2, 4));
  EXPECT_THAT(Align("", ""), Is(100, 0, 0, 0, 0));
  EXPECT_THAT(Align("", "ab"), Is(0, 0, 0, 0, 0));
  EXPECT_THAT(Align("ab", "xyz"), Is(0, 0, 2, 0, 2));
}

TEST(PartialRatioAlignmentTest, ScoresAreTheBestOfAnyPartAndOfThePartsNamed) {
  RandomText random(53);
  for (int i = 0; i < 400; ++i) {
    const auto [left, right] = random.Pair(i % 10 == 0 ? 150 : 40);
    if (left.empty() || right.empty()) continue;
    const OwnedText a(left);
    const OwnedText b(right);
    const Alignment found = PartialRatioAlignment(a.text(), b.text());
    double best = 0;
    if (left.size() <= right.size()) best = BestOfParts(left, right);
    if (left.size() >= right.size()) best = std::max(best, BestOfParts(right, left));
    ASSERT_EQ(found.score, best);
    ASSERT_EQ(found.score, RatioOfUnits(Part(left, found.left_begin, found.left_end),
                                        Part(right, found.right_begin, found.right_end)));
  }
}

TEST(PartialRatioAlignmentTest, ReturnsEarlyOnceStopped) {
  const std::atomic<bool> stopped = true;
  const std::string left(100'000, 'a');
  const std::string right(3'000'000, 'b');
  EXPECT_EQ(PartialRatioAlignment(Text(left), Text(right), StopToken(&stopped)).left_end,
            left.size());
}

TEST(PartialRatioAlignmentCostTest, LongTextsTakeLittleMemory) {
  EXPECT_EQ(PartialRatioAlignmentCost(10, 10).bytes, 0u);
  EXPECT_LT(PartialRatioAlignmentCost(10, 1'000'000).bytes, 80'000'000u);
  EXPECT_GT(PartialRatioAlignmentCost(1'000'000, 2'000'000).ns, 1e15);
}

}  // namespace
}  // namespace kernelserve

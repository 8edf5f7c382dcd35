#include "kernels/string_distance/levenshtein.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

constexpr int64_t kNone = LevenshteinOptions::kNone;

int64_t Distance(const char* left, const char* right, const LevenshteinWeights& weights = {}) {
  return LevenshteinDistance(Text(left), Text(right), {.weights = weights});
}

// The reference's answer, whatever the weights.
int64_t Expected(const Units& left, const Units& right, const LevenshteinOptions& options) {
  const LevenshteinWeights& w = options.weights;
  return reference::WithCutoff(
      reference::LevenshteinDistance(left, right, w.insertion, w.deletion, w.substitution),
      options.score_cutoff);
}

// All entries must agree with the reference on a pair in these widths.
void ExpectLikeReference(const Units& left, int left_width, const Units& right, int right_width,
                         const LevenshteinOptions& options, int64_t expected) {
  const OwnedText owned_left(left, left_width);
  const OwnedText owned_right(right, right_width);
  const Text a = owned_left.text();
  const Text b = owned_right.text();
  const auto where = [&] {
    return ::testing::Message() << testing::PrintToString(left) << " (width " << left_width << ")\n"
                                << testing::PrintToString(right) << " (width " << right_width
                                << ")\nweights " << options.weights.insertion << " "
                                << options.weights.deletion << " " << options.weights.substitution
                                << ", cutoff " << options.score_cutoff << ", hint "
                                << options.score_hint;
  };
  ASSERT_EQ(LevenshteinDistance(a, b, options), expected) << where();
  const PreparedLevenshtein prepared(a, options.weights);
  ASSERT_EQ(prepared.Distance(b, options.score_cutoff, options.score_hint), expected) << where();
}

TEST(LevenshteinDistanceTest, KnownDistances) {
  EXPECT_EQ(Distance("kitten", "sitting"), 3);
  EXPECT_EQ(Distance("", ""), 0);
  EXPECT_EQ(Distance("", "abc"), 3);
  EXPECT_EQ(Distance("abc", ""), 3);
  EXPECT_EQ(Distance("intention", "execution"), 5);
  EXPECT_EQ(Distance("CA", "ABC"), 3);
  EXPECT_EQ(Distance("saturday", "sunday"), 3);
}

// Values of RapidFuzz 3.14's distance.Levenshtein.distance(weights=...).
TEST(LevenshteinDistanceTest, WeightsAreOfTheWayFromLeftToRight) {
  EXPECT_EQ(Distance("", "a", {2, 3, 4}), 2);
  EXPECT_EQ(Distance("a", "", {2, 3, 4}), 3);
  EXPECT_EQ(Distance("a", "b", {2, 3, 4}), 4);
  EXPECT_EQ(Distance("kitten", "sitting", {1, 1, 2}), 5);
  EXPECT_EQ(Distance("kitten", "sitting", {3, 3, 3}), 9);
  EXPECT_EQ(Distance("kitten", "sitting", {0, 0, 7}), 0);
  EXPECT_EQ(Distance("kitten", "sitting", {0, 0, 0}), 0);
  EXPECT_EQ(Distance("kitten", "sitting", {1, 1, 0}), 1);
  EXPECT_EQ(Distance("kitten", "sitting", {0, 5, 1}), 2);
}

TEST(LevenshteinDistanceTest, UnitsOfDifferentWidthsAreEqualByValue) {
  const Units cafe = {'c', 'a', 'f', 0xE9};
  const Units wide = {'c', 'a', 'f', 0x1E9};  // equal in the low byte
  const Units emoji = {'c', 'a', 'f', 0x1F600};
  EXPECT_EQ(LevenshteinDistance(OwnedText(cafe, 1).text(), OwnedText(cafe, 4).text()), 0);
  EXPECT_EQ(LevenshteinDistance(OwnedText(cafe, 1).text(), OwnedText(wide, 2).text()), 1);
  EXPECT_EQ(LevenshteinDistance(OwnedText(wide, 2).text(), OwnedText(emoji, 4).text()), 1);
}

TEST(LevenshteinDistanceTest, RandomPairsAtEveryWidthWeightAndSimdTarget) {
  const std::vector<LevenshteinWeights> weights = {{1, 1, 1}, {7, 7, 7}, {1, 1, 2}, {3, 3, 9},
                                                   {1, 1, 0}, {2, 3, 4}, {0, 4, 1}, {0, 0, 1}};
  RandomText random(7);
  for (int i = 0; i < 1500; ++i) {
    // Clang 14 has no lambda take structured bindings.
    const std::pair<Units, Units> pair = random.Pair(i % 10 == 0 ? 300 : 80);
    const Units& left = pair.first;
    const Units& right = pair.second;
    for (const LevenshteinWeights& w : weights) {
      // Most of the weight on the common case, and every cost tried at times.
      if (w != LevenshteinWeights() && random.Below(8) != 0) continue;
      LevenshteinOptions options = {.weights = w};
      const int64_t distance = Expected(left, right, options);
      const int targets = reference::ForEachSimdTarget([&](const char* target) {
        SCOPED_TRACE(target);
        for (int left_width = reference::WidthOf(left); left_width <= 4; left_width *= 2) {
          for (int right_width = reference::WidthOf(right); right_width <= 4; right_width *= 2) {
            options.score_cutoff = random.Below(2) == 0 ? kNone : random.Below(300);
            options.score_hint = random.Below(2) == 0 ? kNone : random.Below(300);
            ASSERT_NO_FATAL_FAILURE(
                ExpectLikeReference(left, left_width, right, right_width, options,
                                    reference::WithCutoff(distance, options.score_cutoff)));
          }
        }
      });
      ASSERT_GE(targets, 1);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(LevenshteinDistanceTest, EveryCutoffOfLongPairs) {
  RandomText random(11);
  for (int i = 0; i < 80; ++i) {
    const auto [left, right] = random.Pair(400);
    const int width = std::max(reference::WidthOf(left), reference::WidthOf(right));
    const int64_t distance = Expected(left, right, {});
    const int64_t most = static_cast<int64_t>(std::max(left.size(), right.size())) + 2;
    for (int64_t cutoff = 0; cutoff <= most; ++cutoff) {
      ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(left, width, right, width,
                                                  {.score_cutoff = cutoff},
                                                  reference::WithCutoff(distance, cutoff)));
    }
  }
}

// A path along the matrix's edge, where nothing else is within the cutoff.
TEST(LevenshteinDistanceTest, TextsThatOnlyGainUnitsAreFoundAtTheTightestCutoff) {
  RandomText random(12);
  for (int i = 0; i < 300; ++i) {
    const Units left = random.Make(65 + random.Below(150));
    Units right = left;
    const size_t gained = 1 + random.Below(80);
    for (size_t j = 0; j < gained; ++j) {
      // The first and the last one outside, so that no affix is common.
      const size_t at = j == 0 ? 0 : j == 1 ? right.size() : random.Below(right.size());
      right.insert(right.begin() + at, 0x110000 + j);
    }
    const auto distance = static_cast<int64_t>(gained);
    for (const int64_t cutoff : {distance, distance - 1}) {
      const int64_t expected = reference::WithCutoff(distance, cutoff);
      ASSERT_NO_FATAL_FAILURE(
          ExpectLikeReference(left, 4, right, 4, {.score_cutoff = cutoff}, expected));
      ASSERT_NO_FATAL_FAILURE(
          ExpectLikeReference(right, 4, left, 4, {.score_cutoff = cutoff}, expected));
    }
  }
}

TEST(LevenshteinDistanceTest, SizesAroundTheWordAreExact) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    RandomText random(13);
    for (const size_t m : {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 192}) {
      for (const size_t n : {1, 8, 16, 17, 32, 63, 64, 65, 66, 128, 129, 200}) {
        for (int i = 0; i < 8; ++i) {
          Units left = random.Make(m);
          Units right = random.Edit(left, random.Below(20));
          right.resize(n, 'a');
          const int64_t expected = Expected(left, right, {});
          ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(left, reference::WidthOf(left), right,
                                                      reference::WidthOf(right), {}, expected));
        }
      }
    }
  });
}

TEST(LevenshteinDistanceTest, UnitsThatAreAllDistinct) {
  Units left(1500);
  for (uint32_t i = 0; i < left.size(); ++i) left[i] = 0x10000 + i * 7;
  RandomText random(17);
  Units right = random.Edit(left, 150);
  const int64_t expected = Expected(left, right, {});
  ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(left, 4, right, 4, {}, expected));
  ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(left, 4, right, 4, {.weights = {1, 1, 2}},
                                              Expected(left, right, {.weights = {1, 1, 2}})));
}

TEST(LevenshteinBlockTest, ABlockEqualsItsPairsAtEverySimdTarget) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    RandomText random(19);
    for (int round = 0; round < 60; ++round) {
      std::vector<OwnedText> owned;
      std::vector<Units> units;
      const size_t pairs = random.Below(200);
      for (size_t i = 0; i < pairs; ++i) {
        auto [left, right] = random.Pair(random.Below(12) == 0 ? 150 : 14);
        units.push_back(left);
        units.push_back(right);
      }
      for (const Units& text : units) owned.emplace_back(text);
      std::vector<Text> left;
      std::vector<Text> right;
      std::vector<int64_t> cutoffs;
      for (size_t i = 0; i < pairs; ++i) {
        left.push_back(owned[2 * i].text());
        right.push_back(owned[2 * i + 1].text());
        cutoffs.push_back(random.Below(3) == 0 ? kNone : random.Below(12));
      }
      const int64_t weight = 1 + random.Below(2);
      const LevenshteinOptions options = {.weights = {weight, weight, weight}, .score_cutoff = 9};
      std::vector<int64_t> out(pairs, -7);
      LevenshteinBlock(left, right, options, cutoffs, out);
      std::vector<int64_t> out_one_cutoff(pairs, -7);
      LevenshteinBlock(left, right, options, {}, out_one_cutoff);
      for (size_t i = 0; i < pairs; ++i) {
        const int64_t distance =
            weight * reference::LevenshteinDistance(units[2 * i], units[2 * i + 1]);
        ASSERT_EQ(out[i], reference::WithCutoff(distance, cutoffs[i])) << "pair " << i;
        ASSERT_EQ(out_one_cutoff[i], reference::WithCutoff(distance, 9)) << "pair " << i;
      }
      if (pairs == 0) continue;
      const PreparedLevenshtein query(left[0], options.weights);
      query.Block(right, kNone, kNone, cutoffs, out);
      for (size_t i = 0; i < pairs; ++i) {
        const int64_t distance =
            weight * reference::LevenshteinDistance(units[0], units[2 * i + 1]);
        ASSERT_EQ(out[i], reference::WithCutoff(distance, cutoffs[i])) << "choice " << i;
      }
    }
  });
}

TEST(LevenshteinMaximumTest, IsTheDistanceOfTextsThatShareNothing) {
  for (const LevenshteinWeights& w : {LevenshteinWeights{1, 1, 1}, LevenshteinWeights{2, 3, 4},
                                      LevenshteinWeights{1, 1, 5}, LevenshteinWeights{0, 2, 1}}) {
    for (const size_t left : {0, 1, 5, 9}) {
      for (const size_t right : {0, 1, 4, 9}) {
        EXPECT_EQ(LevenshteinMaximum(left, right, w),
                  reference::LevenshteinDistance(Units(left, 'a'), Units(right, 'b'), w.insertion,
                                                 w.deletion, w.substitution));
      }
    }
  }
  // No overflow at the largest that there can be.
  const int64_t most = kLevenshteinWeightMax;
  EXPECT_EQ(LevenshteinMaximum(0xFFFFFFFF, 0xFFFFFFFF, {most, most, most}), 0xFFFFFFFF * most);
}

TEST(CheckLevenshteinWeightsTest, NamesTheArgumentTheBoundAndTheValue) {
  EXPECT_TRUE(CheckLevenshteinWeights({0, 0, 0}).ok());
  EXPECT_TRUE(CheckLevenshteinWeights({1'000'000'000, 1, 1}).ok());
  const absl::Status status = CheckLevenshteinWeights({1, -1, 1});
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(status), "OUT_OF_RANGE");
  EXPECT_EQ(ErrorField(status), "weights");
  EXPECT_EQ(ErrorBound(status), "0 to 1000000000");
  EXPECT_EQ(ErrorValue(status), "-1");
  EXPECT_EQ(status.message(), "the weight of deletion is -1, expected 0 to 1000000000");
  EXPECT_EQ(ErrorValue(CheckLevenshteinWeights({1, 1, 1'000'000'001})), "1000000001");
}

// Each would take minutes to hours to the end.
TEST(LevenshteinStopTest, EveryMethodReturnsEarlyOnceStopped) {
  const std::atomic<bool> stopped = true;
  const std::string left(3'000'000, 'a');
  const std::string right(3'000'000, 'b');
  for (const LevenshteinWeights& weights :
       {LevenshteinWeights{1, 1, 1}, LevenshteinWeights{1, 1, 2}, LevenshteinWeights{1, 2, 3}}) {
    LevenshteinDistance(Text(left), Text(right), {.weights = weights}, StopToken(&stopped));
    PreparedLevenshtein(Text(left), weights)
        .Distance(Text(right), kNone, kNone, StopToken(&stopped));
  }
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/hamming.h"

#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/edits.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"
#include "kernels/string_distance/hamming_metric.h"

namespace kernelserve {
namespace {

using reference::Edit;
using ::testing::ElementsAre;

TEST(HammingTest, EqualsTheOracleAtEveryTargetWidthAndCutoff) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    reference::RandomText random(13);
    for (int round = 0; round < 100; ++round) {
      const size_t pairs = 1 + random.Below(40);
      const reference::TextPairs texts(pairs, round % 2 == 0 ? 20 : 100, &random);
      std::vector<int64_t> cutoffs;
      std::vector<int64_t> expected;
      for (size_t i = 0; i < pairs; ++i) {
        cutoffs.push_back(random.Below(2) == 0 ? kNoCutoff : random.Below(100));
        const int64_t distance =
            reference::HammingDistance(texts.left_units[i], texts.right_units[i]);
        expected.push_back(reference::WithCutoff(distance, cutoffs[i]));
      }
      std::vector<int64_t> out(pairs);
      HammingBlock(TextColumn(texts.left), texts.right, {.each = cutoffs, .all = 0}, std::span(out),
                   {});
      ASSERT_EQ(out, expected) << "round " << round;
      for (size_t i = 0; i < pairs; ++i) {
        HammingBlock(TextColumn(&texts.left[i]), std::span(texts.right).subspan(i, 1),
                     {.each = {}, .all = cutoffs[i]}, std::span(out).first(1), {});
        ASSERT_EQ(out[0], expected[i]) << "round " << round << ", pair " << i;
      }
    }
  });
}

// Values of RapidFuzz 3.14's distance.Hamming.editops.
TEST(HammingEditopsTest, KnownScripts) {
  const auto edits = [](std::string_view left, std::string_view right) {
    return reference::EditsOf(HammingEditops(Text(left), Text(right)));
  };
  EXPECT_THAT(edits("abcde", "axc"),
              ElementsAre(Edit{'s', 1, 1}, Edit{'d', 3, 3}, Edit{'d', 4, 3}));
  EXPECT_THAT(edits("axc", "abcde"),
              ElementsAre(Edit{'s', 1, 1}, Edit{'i', 3, 3}, Edit{'i', 3, 4}));
  EXPECT_THAT(edits("", ""), ElementsAre());
}

// Hamming, "Error detecting and error correcting codes" (1950) counts places of equal lengths only.
TEST(HammingTest, WithoutPaddingUnequalSizesAreRefused) {
  const HammingMetric::Parameters pads;
  const HammingMetric::Parameters refuses{.pad = false};
  EXPECT_FALSE(HammingMetric::ChecksRows(pads));
  EXPECT_TRUE(HammingMetric::ChecksRows(refuses));
  EXPECT_TRUE(
      HammingMetric::CheckRow(Text(std::string_view("ab")), Text(std::string_view("cd")), refuses)
          .ok());
  const absl::Status status =
      HammingMetric::CheckRow(Text(std::string_view("ab")), Text(std::string_view("c")), refuses);
  EXPECT_EQ(ErrorReason(status), "ROW_FAILED");
  EXPECT_EQ(ErrorField(status), "right");
}

}  // namespace
}  // namespace kernelserve

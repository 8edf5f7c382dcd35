#include "kernels/string_distance/hamming.h"

#include <string_view>

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
    for (int i = 0; i < 2000; ++i) {
      const auto [a, b] = random.Pair(100);
      const reference::OwnedText left(a);
      const reference::OwnedText right(b);
      const Text a_text = left.text();
      const Text b_text = right.text();
      const int64_t cutoff = random.Below(2) == 0 ? int64_t{1} << 40 : random.Below(100);
      int64_t out;
      HammingBlock(TextColumn(&a_text), std::span(&b_text, 1), {.each = {}, .all = cutoff},
                   std::span(&out, 1), {});
      ASSERT_EQ(out, reference::WithCutoff(reference::HammingDistance(a, b), cutoff)) << i;
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

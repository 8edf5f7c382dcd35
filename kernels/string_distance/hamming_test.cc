#include "kernels/string_distance/hamming.h"

#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/hamming_metric.h"

namespace kernelserve {
namespace {

TEST(HammingTest, EqualsTheOracleAtEveryWidth) {
  reference::RandomText random(13);
  for (int i = 0; i < 2000; ++i) {
    const auto [a, b] = random.Pair(100);
    const reference::OwnedText left(a);
    const reference::OwnedText right(b);
    ASSERT_EQ(HammingDistance(left.text(), right.text()), reference::HammingDistance(a, b)) << i;
  }
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

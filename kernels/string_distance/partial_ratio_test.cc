#include "kernels/string_distance/partial_ratio.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"
#include "kernels/string_distance/ratio_queue.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

double Ratio(const Units& left, const Units& right) {
  return RatioOf(reference::IndelDistance(left, right), left.size() + right.size());
}

// Every part of `longer` of at most the size of `shorter` at an end, and of that size elsewhere.
double BestOf(const Units& shorter, const Units& longer) {
  double best = 0;
  const size_t size = shorter.size();
  for (size_t begin = 0; begin < longer.size(); ++begin) {
    const size_t end = std::min(longer.size(), begin + size);
    best = std::max(best, Ratio(shorter, Units(longer.begin() + static_cast<ptrdiff_t>(begin),
                                               longer.begin() + static_cast<ptrdiff_t>(end))));
  }
  for (size_t end = 1; end <= std::min(size, longer.size()); ++end) {
    best = std::max(
        best, Ratio(shorter, Units(longer.begin(), longer.begin() + static_cast<ptrdiff_t>(end))));
  }
  return best;
}

double PartialRatioOracle(Units left, Units right) {
  if (left.empty() || right.empty()) return left.empty() && right.empty() ? 100 : 0;
  if (left.size() > right.size()) std::swap(left, right);
  const double best = BestOf(left, right);
  return left.size() == right.size() ? std::max(best, BestOf(right, left)) : best;
}

// Patterns of every size that goes into a lane, and over; against texts of many windows.
TEST(PartialRatioTest, EqualsEveryPartComparedAtEveryTarget) {
  const int targets = reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    RandomText random(14);
    for (int i = 0; i < 400; ++i) {
      // Long ones cost the oracle the cube of their size.
      auto [a, b] = random.Pair(i % 20 == 0 ? 90 : 20);
      if (i % 3 == 0) b.resize(b.size() / 3);
      if (i % 40 == 1) b = random.Make(1100);
      const OwnedText left(a);
      const OwnedText right(b);
      const double expected = PartialRatioOracle(a, b);
      ASSERT_EQ(PartialRatio(left.text(), right.text(), {}), expected) << i;
      ASSERT_EQ(PartialRatio(right.text(), left.text(), {}), expected) << i;
    }
  });
  EXPECT_GE(targets, 1);
}

// Strands are numbered in 16 bits as long as these suffice.
TEST(PartialRatioTest, FindsThePartOfATextLongerThanSixteenBitsCount) {
  RandomText random(15);
  Units part(70);
  for (uint32_t& unit : part) unit = 'a' + random.Below(26);
  for (const size_t size : {size_t{65'466}, size_t{65'467}, size_t{70'000}}) {
    Units longer(size);
    for (uint32_t& unit : longer) unit = 'A' + random.Below(26);
    std::copy(part.begin(), part.end(), longer.end() - 1000);
    for (const int width : {1, 2, 4}) {
      Units shorter = part;
      const OwnedText text(longer, width);
      EXPECT_EQ(PartialRatio(OwnedText(shorter).text(), text.text(), {}), 100);
      shorter[1] = shorter[68] = '#';
      EXPECT_EQ(PartialRatio(OwnedText(shorter).text(), text.text(), {}), (1.0 - 4.0 / 140) * 100);
    }
  }
}

// RapidFuzz's documentation.
TEST(PartialRatioTest, GivesKnownScores) {
  const auto of = [](std::string_view left, std::string_view right) {
    return PartialRatio(Text(left), Text(right), {});
  };
  EXPECT_EQ(of("this is a test", "this is a test!"), 100);
  EXPECT_EQ(of("a certain string", "cetain"), (1.0 - 2.0 / 12) * 100);
  EXPECT_EQ(of("", ""), 100);
  EXPECT_EQ(of("", "a"), 0);
  EXPECT_EQ(of("abc", "xyz"), 0);
}

TEST(PartialRatioTest, LongTextsEndSoonOnceStopped) {
  const std::string left(200'000, 'a');
  const std::string right(400'000, 'b');
  std::atomic<bool> stopped = true;
  PartialRatio(Text(left), Text(right), StopToken(&stopped));  // hours, if it went on
}

}  // namespace
}  // namespace kernelserve

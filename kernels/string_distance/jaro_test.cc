#include "kernels/string_distance/jaro.h"

#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using reference::RandomText;
using reference::TextPairs;

TEST(JaroBlockTest, EqualsTheOracleAtEveryTargetAndWidth) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    RandomText random(12);
    for (int round = 0; round < 40; ++round) {
      const size_t pairs = 1 + random.Below(round % 10 == 0 ? 1500 : 150);
      const size_t size_max = std::vector<size_t>{8, 16, 20, 64, 200}[round % 5];
      const TextPairs texts(pairs, size_max, &random);
      std::vector<double> out(pairs);
      JaroBlock(TextColumn(texts.left), texts.right, out, {});
      for (size_t i = 0; i < pairs; ++i) {
        // To the last bit.
        ASSERT_EQ(out[i], reference::JaroSimilarity(texts.left_units[i], texts.right_units[i]))
            << "pair " << i;
      }
      JaroBlock(TextColumn(&texts.left[0]), texts.right, out, {});
      for (size_t i = 0; i < pairs; ++i) {
        ASSERT_EQ(out[i], reference::JaroSimilarity(texts.left_units[0], texts.right_units[i]))
            << "choice " << i;
      }
    }
  });
}

// Winkler 1990, table of names.
TEST(JaroBlockTest, GivesWhatThePaperHas) {
  const auto of = [](std::string_view left, std::string_view right) {
    const Text a(left);
    const Text b(right);
    double out;
    JaroBlock(TextColumn(&a), std::span(&b, 1), std::span(&out, 1), {});
    return out;
  };
  EXPECT_NEAR(of("MARTHA", "MARHTA"), 0.9444, 0.00005);
  EXPECT_NEAR(of("DWAYNE", "DUANE"), 0.8222, 0.00005);
  EXPECT_NEAR(of("DIXON", "DICKSONX"), 0.7667, 0.00005);
  EXPECT_EQ(of("", ""), 1);
  EXPECT_EQ(of("", "a"), 0);
  EXPECT_EQ(of("a", "a"), 1);
  EXPECT_EQ(of("a", "b"), 0);
}

}  // namespace
}  // namespace kernelserve

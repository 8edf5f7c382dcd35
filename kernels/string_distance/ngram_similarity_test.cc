#include "kernels/string_distance/ngram_similarity.h"

#include <atomic>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/ngrams.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using reference::RandomText;
using reference::TextPairs;
using reference::Units;

struct Coefficient {
  NgramCoefficient coefficient;
  double (*of)(const reference::NgramSet&, const reference::NgramSet&);
};
constexpr Coefficient kCoefficients[] = {
    {NgramCoefficient::kJaccard, reference::Jaccard},
    {NgramCoefficient::kSorensenDice, reference::SorensenDice},
    {NgramCoefficient::kCosine, reference::Cosine},
};

double Expected(const Coefficient& coefficient, const Units& left, const Units& right, size_t n) {
  const reference::NgramSet a = reference::Ngrams(left, n);
  const reference::NgramSet b = reference::Ngrams(right, n);
  if (a.empty() || b.empty()) return left == right ? 1 : 0;
  return coefficient.of(a, b);
}

double Similarity(std::string_view left, std::string_view right, size_t n,
                  NgramCoefficient coefficient) {
  const Text a(left);
  const Text b(right);
  double out;
  NgramBlock(TextColumn(&a), std::span(&b, 1), n, coefficient, std::span(&out, 1), {});
  return out;
}

TEST(NgramBlockTest, EqualsTheOracleAtEveryTargetAndWidth) {
  RandomText random(21);
  for (int round = 0; round < 60; ++round) {
    const size_t pairs = 1 + random.Below(60);
    // Around the number of n-grams from which on they are sorted, and that of radix sorts.
    const size_t size_max = std::vector<size_t>{8, 20, 64, 140, 400}[round % 5];
    const TextPairs texts(pairs, size_max, &random);
    for (const size_t n : {1, 2, 3, 4, 5, 8, 9, 20}) {
      const Coefficient& coefficient = kCoefficients[(round + n) % 3];
      std::vector<double> of_pairs;
      std::vector<double> of_the_first;
      for (size_t i = 0; i < pairs; ++i) {
        of_pairs.push_back(Expected(coefficient, texts.left_units[i], texts.right_units[i], n));
        of_the_first.push_back(Expected(coefficient, texts.left_units[0], texts.right_units[i], n));
      }
      reference::ForEachSimdTarget([&](const char* target) {
        SCOPED_TRACE(testing::Message() << target << ", n " << n);
        // To the last bit.
        std::vector<double> out(pairs);
        NgramBlock(TextColumn(texts.left), texts.right, n, coefficient.coefficient, out, {});
        ASSERT_EQ(out, of_pairs);
        NgramBlock(TextColumn(&texts.left[0]), texts.right, n, coefficient.coefficient, out, {});
        ASSERT_EQ(out, of_the_first);
      });
      if (HasFatalFailure()) return;
    }
  }
}

// night and nacht have ht alone in common, of four bigrams each.
TEST(NgramBlockTest, GivesTheTextbookExample) {
  EXPECT_EQ(Similarity("night", "nacht", 2, NgramCoefficient::kJaccard), 1.0 / 7);
  EXPECT_EQ(Similarity("night", "nacht", 2, NgramCoefficient::kSorensenDice), 0.25);
  EXPECT_EQ(Similarity("night", "nacht", 2, NgramCoefficient::kCosine), 0.25);
  EXPECT_EQ(Similarity("context", "contact", 2, NgramCoefficient::kSorensenDice), 6.0 / 12);
}

TEST(NgramBlockTest, ATextWithoutNgramsIsLikeAnEqualOneOnly) {
  for (const Coefficient& coefficient : kCoefficients) {
    EXPECT_EQ(Similarity("", "", 2, coefficient.coefficient), 1);
    EXPECT_EQ(Similarity("", "a", 2, coefficient.coefficient), 0);
    EXPECT_EQ(Similarity("a", "a", 2, coefficient.coefficient), 1);
    EXPECT_EQ(Similarity("a", "b", 2, coefficient.coefficient), 0);
    EXPECT_EQ(Similarity("a", "ab", 2, coefficient.coefficient), 0);
    EXPECT_EQ(Similarity("ab", "ab", std::numeric_limits<size_t>::max(), coefficient.coefficient),
              1);
  }
}

TEST(NgramBlockTest, AnNgramThatOccursTwiceCountsOnce) {
  EXPECT_EQ(Similarity("aaaaaaa", "aa", 2, NgramCoefficient::kJaccard), 1);
  EXPECT_EQ(Similarity("abababab", "aba", 2, NgramCoefficient::kCosine), 1);
}

TEST(NgramBlockTest, LongTextsStopEarly) {
  const std::string left(1 << 20, 'a');
  const std::string right(1 << 20, 'b');
  const std::atomic<bool> stopped = true;
  const Text a(left);
  const Text b(right);
  double out = -1;
  NgramBlock(TextColumn(&a), std::span(&b, 1), 2, NgramCoefficient::kJaccard, std::span(&out, 1),
             StopToken(&stopped));
  EXPECT_EQ(out, -1);
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/symmetric_metric.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"
#include "kernels/string_distance/affix.h"
#include "kernels/string_distance/damerau_levenshtein.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/lcs_seq.h"
#include "kernels/string_distance/osa.h"
#include "kernels/string_distance/score_cutoffs.h"

// Every distance for SymmetricMetric, against its oracle.

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::TextPairs;
using reference::Units;

template <class DistanceT, int64_t (*oracle)(const Units&, const Units&)>
struct Case {
  using Distance = DistanceT;
  static int64_t Oracle(const Units& left, const Units& right) { return oracle(left, right); }
};

template <typename CaseT>
class SymmetricMetricTest : public ::testing::Test {
 protected:
  using Distance = typename CaseT::Distance;

  static int64_t Of(const std::string& left, const std::string& right) {
    const Text a{std::string_view(left)};
    const Text b{std::string_view(right)};
    int64_t out;
    Distance::Block(TextColumn(&a), std::span(&b, 1), {.each = {}, .all = kNoCutoff},
                    std::span(&out, 1), {});
    return out;
  }
};

using Cases =
    ::testing::Types<Case<Osa, reference::OsaDistance>,
                     Case<DamerauLevenshtein, reference::DamerauLevenshteinDistance>,
                     Case<Indel, reference::IndelDistance>, Case<LcsSeq, reference::LcsSeqDistance>,
                     Case<Prefix, reference::PrefixDistance>,
                     Case<Postfix, reference::PostfixDistance>>;
TYPED_TEST_SUITE(SymmetricMetricTest, Cases);

TYPED_TEST(SymmetricMetricTest, EqualsTheOracleAtEveryTargetWidthAndCutoff) {
  using Distance = typename TypeParam::Distance;
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    RandomText random(11);
    for (int round = 0; round < 12; ++round) {
      const size_t pairs = 1 + random.Below(round % 3 == 0 ? 3 : 150);
      const size_t size_max = std::vector<size_t>{8, 20, 70, 200}[round % 4];
      const TextPairs texts(pairs, size_max, &random);
      std::vector<int64_t> cutoffs;
      for (size_t i = 0; i < pairs; ++i) {
        cutoffs.push_back(random.Below(2) == 0 ? kNoCutoff : random.Below(20));
      }
      std::vector<int64_t> out(pairs);
      Distance::Block(TextColumn(texts.left), texts.right, {.each = cutoffs, .all = 0}, out, {});
      for (size_t i = 0; i < pairs; ++i) {
        const int64_t expected = TypeParam::Oracle(texts.left_units[i], texts.right_units[i]);
        ASSERT_EQ(out[i], reference::WithCutoff(expected, cutoffs[i])) << "pair " << i;
        ASSERT_LE(expected, Distance::Maximum(texts.left[i].size(), texts.right[i].size()));
      }
      Distance::Block(TextColumn(&texts.left[0]), texts.right, {.each = {}, .all = 7}, out, {});
      for (size_t i = 0; i < pairs; ++i) {
        const int64_t expected = TypeParam::Oracle(texts.left_units[0], texts.right_units[i]);
        ASSERT_EQ(out[i], reference::WithCutoff(expected, 7)) << "choice " << i;
      }
    }
  });
}

TYPED_TEST(SymmetricMetricTest, IsTheSameFromRightToLeft) {
  for (const auto& [a, b] : {std::pair("ca", "abc"), std::pair("", "abc"),
                             std::pair("sitting", "kitten"), std::pair("abcd", "badc")}) {
    EXPECT_EQ(this->Of(a, b), this->Of(b, a));
    EXPECT_EQ(this->Of(a, a), 0);
  }
}

TYPED_TEST(SymmetricMetricTest, LongerTextsCostMore) {
  using Distance = typename TypeParam::Distance;
  EXPECT_GT(Distance::CostNs(0, 0), 0);
  EXPECT_LT(Distance::CostNs(10, 10), Distance::CostNs(1000, 1000));
  EXPECT_LT(Distance::CostNs(1000, 1000), Distance::CostNs(100'000, 10'000));
}

// What the columns' bits are derived from has cases that random texts seldom meet.
TYPED_TEST(SymmetricMetricTest, EqualsTheOracleForAllSmallTexts) {
  using Distance = typename TypeParam::Distance;
  std::vector<Units> units = {{}};
  for (size_t i = 0; units[i].size() < 5; ++i) {
    for (const uint32_t unit : {'a', 'b', 'c'}) {
      units.push_back(units[i]);
      units.back().push_back(unit);
    }
  }
  const std::vector<OwnedText> owned(units.begin(), units.end());
  std::vector<Text> texts;
  for (const OwnedText& text : owned) texts.push_back(text.text());
  std::vector<int64_t> out(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    Distance::Block(TextColumn(&texts[i]), texts, {.each = {}, .all = kNoCutoff}, out, {});
    for (size_t j = 0; j < texts.size(); ++j) {
      ASSERT_EQ(out[j], TypeParam::Oracle(units[i], units[j])) << i << ", " << j;
    }
  }
}

int64_t OsaOf(const char* left, const char* right) {
  const Text a{std::string_view(left)};
  const Text b{std::string_view(right)};
  int64_t out;
  Osa::Block(TextColumn(&a), std::span(&b, 1), {.each = {}, .all = kNoCutoff}, std::span(&out, 1),
             {});
  return out;
}

int64_t DamerauOf(const char* left, const char* right) {
  const Text a{std::string_view(left)};
  const Text b{std::string_view(right)};
  int64_t out;
  DamerauLevenshtein::Block(TextColumn(&a), std::span(&b, 1), {.each = {}, .all = kNoCutoff},
                            std::span(&out, 1), {});
  return out;
}

// What tells the two apart: Boytsov, "Indexing methods for approximate dictionary searching"
// (2011).
TEST(OsaTest, NothingIsEditedTwice) {
  EXPECT_EQ(OsaOf("ca", "abc"), 3);
  EXPECT_EQ(DamerauOf("ca", "abc"), 2);
  EXPECT_EQ(OsaOf("ab", "ba"), 1);
  EXPECT_EQ(DamerauOf("ab", "ba"), 1);
  EXPECT_EQ(DamerauOf("a cat", "an abct"), 3);
  EXPECT_EQ(OsaOf("a cat", "an abct"), 4);
}

// A word of the column holds 64 rows: what is swapped may lie in two of them.
TEST(OsaTest, UnitsSwappedAcrossWordsAreOneEdit) {
  for (size_t before = 0; before < 140; ++before) {
    const std::string front(before, 'a');
    const std::string back(140 - before, 'b');
    // The ends differ, so that nothing is left out as common.
    const std::string left = "1" + front + "xy" + back + "2";
    const std::string right = "3" + front + "yx" + back + "4";
    ASSERT_EQ(OsaOf(left.c_str(), right.c_str()), 3) << before;
  }
}

}  // namespace
}  // namespace kernelserve

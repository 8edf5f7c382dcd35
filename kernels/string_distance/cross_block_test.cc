#include "kernels/string_distance/cross_block.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"
#include "kernels/string_distance/jaro_cross.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

struct Sample {
  Sample(uint32_t seed, size_t count, size_t units_min, size_t units_max) {
    RandomText random(seed);
    while (units.size() < count) {
      auto [one, other] = random.Pair(units_max);
      for (Units* text : {&one, &other}) {
        if (text->size() < units_min || text->size() > units_max) continue;
        owned.emplace_back(*text);
        units.push_back(std::move(*text));
      }
    }
    for (const OwnedText& text : owned) texts.push_back(text.text());
  }
  std::vector<Units> units;
  std::vector<OwnedText> owned;
  std::vector<Text> texts;
};

int64_t Levenshtein(const Units& left, const Units& right) {
  return reference::LevenshteinDistance(left, right);
}

using CrossBlockFunction = void(std::span<const Text>, const SortedTexts&, DistanceMatrix,
                                StopToken);
using Oracle = int64_t(const Units&, const Units&);

TEST(CrossBlockTest, EqualsTheOracleAtEveryTarget) {
  const Sample queries(1, 150, 1, kCrossQueryUnits);
  const Sample choices(2, 100, 0, kCrossUnits);
  const SortedTexts sorted(choices.texts, kCrossUnits);
  ASSERT_TRUE(sorted.too_long().empty());
  const std::pair<CrossBlockFunction*, Oracle*> cases[] = {
      {LevenshteinCrossBlock, Levenshtein},
      {OsaCrossBlock, reference::OsaDistance},
      {DamerauLevenshteinCrossBlock, reference::DamerauLevenshteinDistance},
      {IndelCrossBlock, reference::IndelDistance}};
  for (const auto& [function, oracle] : cases) {
    std::vector<int64_t> expected;
    for (const Units& query : queries.units) {
      for (const Units& choice : choices.units) expected.push_back(oracle(query, choice));
    }
    reference::ForEachSimdTarget([&, block = function](const char* target) {
      if (!HasCrossBlock()) return;
      std::vector<uint8_t> out(expected.size());
      block(queries.texts, sorted, {out.data(), choices.texts.size()}, {});
      EXPECT_EQ(std::vector<int64_t>(out.begin(), out.end()), expected) << target;
    });
  }
}

TEST(CrossBlockTest, GivesJarosSimilarityAtEveryTarget) {
  const Sample queries(3, 150, 1, kCrossQueryUnits);
  const Sample choices(4, 100, 0, kCrossUnits);
  const SortedTexts sorted(choices.texts, kCrossUnits);
  reference::ForEachSimdTarget([&](const char* target) {
    if (!HasCrossBlock()) return;
    size_t emitted = 0;
    JaroCrossBlock(queries.texts, sorted,
                   [&](size_t q, std::span<double> similarities) {
                     ++emitted;
                     for (size_t c = 0; c < choices.units.size(); ++c) {
                       ASSERT_EQ(similarities[c],
                                 reference::JaroSimilarity(queries.units[q], choices.units[c]))
                           << target << ": query of " << queries.units[q].size()
                           << " units, choice of " << choices.units[c].size();
                     }
                   },
                   {});
    EXPECT_EQ(emitted, queries.units.size());
  });
}

}  // namespace
}  // namespace kernelserve

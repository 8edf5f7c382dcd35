#include "kernels/string_distance/cross_block.h"

#include <algorithm>
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

struct TextSample {
  TextSample(uint32_t seed, size_t count, size_t units_min, size_t units_max)
      : TextSample(seed, {{count, units_min, units_max}}) {}

  // So many of each of these ranges of sizes.
  struct Range {
    size_t count, units_min, units_max;
  };
  TextSample(uint32_t seed, const std::vector<Range>& ranges) {
    RandomText random(seed);
    for (const Range& range : ranges) Add(range, &random);
    for (const Units& text : units) owned.emplace_back(text);
    for (const OwnedText& text : owned) texts.push_back(text.text());
  }
  void Add(const Range& range, RandomText* random) {
    for (const size_t end = units.size() + range.count; units.size() < end;) {
      auto [one, other] = random->Pair(range.units_max);
      for (Units* text : {&one, &other}) {
        if (text->size() < range.units_min || text->size() > range.units_max) continue;
        units.push_back(std::move(*text));
      }
    }
  }
  std::vector<Units> units;
  std::vector<OwnedText> owned;
  std::vector<Text> texts;
};

int64_t Levenshtein(const Units& left, const Units& right) {
  return reference::LevenshteinDistance(left, right);
}

using CrossBlockFunction = void(std::span<const Text>, const SortedTexts&, const TakeTile&,
                                StopToken);
using CrossOracle = int64_t(const Units&, const Units&);

// Calls test(queries, choices) for texts of all sizes, and for so many queries of each size of lane
// that groups are full, of the widest vectors too.
template <typename Test>
void ForEachCrossSample(const Test& test) {
  {
    SCOPED_TRACE("all sizes");
    test(TextSample(1, 150, 1, kCrossQueryUnits), TextSample(2, 100, 0, kCrossUnits));
  }
  {
    SCOPED_TRACE("full groups");
    test(TextSample(3, {{129, 1, 8}, {129, 9, 16}, {129, 17, 32}, {33, 33, 64}}),
         TextSample(4, 12, 0, 40));
  }
}

void ExpectLikeOracle(const TextSample& queries, const TextSample& choices) {
  ASSERT_LE(queries.texts.size(), kCrossQueries);
  const SortedTexts sorted(choices.texts, kCrossUnits);
  ASSERT_TRUE(sorted.too_long().empty());
  const std::pair<CrossBlockFunction*, CrossOracle*> cases[] = {
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
      std::vector<int64_t> out(expected.size(), -1);
      block(queries.texts, sorted,
            [&](const CrossTile& tile) {
              for (size_t i = 0; i < tile.queries.size(); ++i) {
                const std::span<const uint8_t> row = tile.Row(i);
                const size_t first = tile.queries[i] * choices.texts.size() + tile.begin;
                std::copy(row.begin(), row.end(), out.begin() + static_cast<ptrdiff_t>(first));
              }
            },
            {});
      EXPECT_EQ(out, expected) << target;
    });
  }
}

TEST(CrossBlockTest, EqualsTheOracleAtEveryTarget) { ForEachCrossSample(ExpectLikeOracle); }

void ExpectJarosSimilarities(const TextSample& queries, const TextSample& choices) {
  const SortedTexts sorted(choices.texts, kCrossUnits);
  reference::ForEachSimdTarget([&](const char* target) {
    if (!HasCrossBlock()) return;
    size_t emitted = 0;
    JaroCrossBlock(
        queries.texts, sorted, /*prefix_weight=*/0,
        [&](size_t q, size_t begin, std::span<double> similarities) {
          emitted += similarities.size();
          for (size_t i = 0; i < similarities.size(); ++i) {
            const Units& choice = choices.units[begin + i];
            ASSERT_EQ(similarities[i], reference::JaroSimilarity(queries.units[q], choice))
                << target << ": query of " << queries.units[q].size() << " units, choice of "
                << choice.size();
          }
        },
        {});
    EXPECT_EQ(emitted, queries.units.size() * choices.units.size());
  });
}

TEST(CrossBlockTest, GivesJarosSimilarityAtEveryTarget) {
  ForEachCrossSample(ExpectJarosSimilarities);
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/count_index.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

// How many units of `text` are over those of `other`, as bags.
size_t Over(const Units& text, const Units& other) {
  std::map<uint32_t, int> counts;
  for (const uint32_t unit : text) ++counts[unit];
  for (const uint32_t unit : other) --counts[unit];
  size_t over = 0;
  for (const auto& [unit, count] : counts) over += static_cast<size_t>(std::max(count, 0));
  return over;
}

struct Sample {
  explicit Sample(uint32_t seed, size_t units_max = 60) {
    RandomText random(seed);
    for (int i = 0; i < 300; ++i) {
      auto [one, other] = random.Pair(units_max);
      units.push_back(std::move(one));
      units.push_back(std::move(other));
    }
    for (const Units& text : units) owned.emplace_back(text);
  }
  std::vector<Text> texts() const {
    std::vector<Text> texts;
    for (const OwnedText& text : owned) texts.push_back(text.text());
    return texts;
  }
  std::vector<Units> units;
  std::vector<OwnedText> owned;
};

TEST(CountIndexTest, SortsBySizeAndKeepsRowsInOrder) {
  const Sample sample(1);
  const CountIndex index{Texts(sample.texts())};
  std::vector<uint32_t> expected(sample.units.size());
  for (uint32_t i = 0; i < expected.size(); ++i) expected[i] = i;
  std::stable_sort(expected.begin(), expected.end(), [&](uint32_t a, uint32_t b) {
    return sample.units[a].size() < sample.units[b].size();
  });
  EXPECT_EQ(std::vector<uint32_t>(index.order().begin(), index.order().end()), expected);
  for (const CountIndex::Run& run : index.runs()) {
    for (uint32_t place = run.begin; place < run.end; ++place) {
      EXPECT_EQ(sample.units[index.order()[place]].size(), run.units);
    }
  }
}

TEST(CountIndexTest, SortsLongTextsToo) {
  std::vector<OwnedText> owned;
  for (const size_t size : {5000, 1024, 3, 1023, 1025, 5000, 0})
    owned.emplace_back(Units(size, 'x'));
  std::vector<Text> texts;
  for (const OwnedText& text : owned) texts.push_back(text.text());
  const CountIndex index{Texts(texts)};
  EXPECT_EQ(std::vector<uint32_t>(index.order().begin(), index.order().end()),
            (std::vector<uint32_t>{6, 2, 3, 1, 4, 0, 5}));
}

TEST(CountIndexTest, NeverBoundsWhatIsInCommonTooTightly) {
  const Sample sample(2);
  const CountIndex index{Texts(sample.texts())};
  size_t told = 0;
  for (size_t i = 0; i < sample.units.size(); i += 7) {
    const auto one = index.SignatureOf(sample.owned[i].text());
    for (size_t j = 0; j < sample.units.size(); ++j) {
      const auto other = index.SignatureOf(sample.owned[j].text());
      const auto over = static_cast<size_t>(UnitSignatures::Over(one, other));
      ASSERT_LE(over, Over(sample.units[i], sample.units[j]));
      told += over;
    }
  }
  EXPECT_GT(told, 0u);
}

void ExpectWhatSignaturesAllow(const Sample& sample) {
  const CountIndex index{Texts(sample.texts())};
  reference::ForEachSimdTarget([&](const char* target) {
    SCOPED_TRACE(target);
    for (size_t q = 0; q < sample.units.size(); q += 7) {
      const auto query = index.SignatureOf(sample.owned[q].text());
      for (const CountIndex::Run& run : index.runs()) {
        std::vector<uint8_t> differences(run.end - run.begin);
        index.Differences(query, sample.units[q].size(), run.units, run.begin, run.end,
                          differences.data());
        std::vector<uint32_t> found;
        index.Candidates(query, run.begin, run.end, 3, 2, &found);
        std::vector<uint32_t> expected;
        for (uint32_t place = run.begin; place < run.end; ++place) {
          const uint32_t row = index.order()[place];
          const auto other = index.SignatureOf(sample.owned[row].text());
          const size_t over = static_cast<size_t>(UnitSignatures::Over(other, query));
          const size_t under = static_cast<size_t>(UnitSignatures::Over(query, other));
          if (over <= 3 && under <= 2) expected.push_back(row);
          const size_t units = sample.units[q].size();
          const size_t longer = std::max<size_t>(units, run.units);
          EXPECT_EQ(differences[place - run.begin],
                    longer - std::min(run.units - over, units - under));
        }
        EXPECT_EQ(found, expected);
      }
    }
  });
}

TEST(CountIndexTest, FindsAtEveryTargetWhatSignaturesAllow) {
  ExpectWhatSignaturesAllow(Sample(3));
}

TEST(CountIndexTest, FindsWhatSignaturesAllowInRunsOfMoreThanSomeVectors) {
  ExpectWhatSignaturesAllow(Sample(4, 4));
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/cross.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/catalog.h"
#include "kernels/error.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

// Texts of all sizes and widths, many of them alike, with empty ones and some over every limit.
class RandomTexts {
 public:
  RandomTexts(uint32_t seed, size_t count, size_t size_max) : random_(seed) {
    while (units_.size() < count) {
      auto [one, other] = random_.Pair(random_.Below(20) == 0 ? 4 * size_max : size_max);
      units_.push_back(std::move(one));
      units_.push_back(std::move(other));
      if (random_.Below(4) == 0) units_.push_back(units_[random_.Below(Count())]);
    }
    for (const Units& text : units_) owned_.emplace_back(text);
  }
  std::vector<Text> texts() const {
    std::vector<Text> texts;
    for (const OwnedText& text : owned_) texts.push_back(text.text());
    return texts;
  }

 private:
  uint32_t Count() const { return static_cast<uint32_t>(units_.size()); }

  RandomText random_;
  std::vector<OwnedText> owned_;
  std::vector<Units> units_;
};

std::unique_ptr<TextScorer> Bind(const std::string& name, std::optional<double> cutoff) {
  const auto kernel = FindScorer(name, "scorer");
  Binding binding;
  binding.score_cutoff = cutoff;
  return *(*kernel)->bind_scorer(binding);
}

// The score of one pair.
double ScoreOf(const TextScorer& scorer, Text query, Text choice) {
  double score;
  scorer.Prepare(query)->Score(std::span(&choice, 1), std::nullopt, {}, std::span(&score, 1));
  return score;
}

// All scores, one by one.
std::vector<Match> EachScore(const TextScorer& scorer, const std::vector<Text>& queries,
                             const std::vector<Text>& choices) {
  std::vector<Match> matches;
  for (uint32_t q = 0; q < queries.size(); ++q) {
    for (uint32_t c = 0; c < choices.size(); ++c) {
      matches.push_back({q, c, ScoreOf(scorer, queries[q], choices[c])});
    }
  }
  return matches;
}

std::vector<std::tuple<uint32_t, uint32_t, double>> Tuples(const std::vector<Match>& matches) {
  std::vector<std::tuple<uint32_t, uint32_t, double>> tuples;
  for (const Match& match : matches) tuples.emplace_back(match.query, match.choice, match.score);
  return tuples;
}

// Cutoffs that most, some and few pairs pass, in the scorer's unit.
std::vector<std::optional<double>> CutoffsOf(const TextScorer& scorer, const std::string& name) {
  std::vector<std::optional<double>> cutoffs = {std::nullopt};
  for (const double part : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    double most = 1;
    if (scorer.is_whole()) most = 12;
    if (name.starts_with("fuzz.")) most = 100;
    cutoffs.emplace_back(scorer.is_whole() ? std::round(part * most) : part * most);
  }
  return cutoffs;
}

double AsDouble(const ScoreMatrix& matrix, size_t query, size_t choice) {
  return reinterpret_cast<const double*>(matrix.values().data())[query * matrix.choices() + choice];
}

class EveryScorer : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Catalog, EveryScorer, ::testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const Kernel& kernel : Catalog()) {
                             if (kernel.scorer) names.push_back(kernel.name);
                           }
                           return names;
                         }()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST_P(EveryScorer, GivesOfABlockOfQueriesAndChoicesWhatItGivesOfEachPair) {
  const RandomTexts some(1, 40, 24);
  const RandomTexts others(2, 60, 40);
  const std::vector<Text> queries = some.texts();
  const std::vector<Text> choices = others.texts();
  const Texts query_texts(queries);
  const Choices prepared{Texts(choices)};
  const std::unique_ptr<TextScorer> any = Bind(GetParam(), std::nullopt);
  for (const std::optional<double> cutoff : CutoffsOf(*any, GetParam())) {
    const std::unique_ptr<TextScorer> scorer = Bind(GetParam(), cutoff);
    const std::vector<Match> expected = EachScore(*scorer, queries, choices);
    reference::ForEachSimdTarget([&](const char* target) {
      SCOPED_TRACE(testing::Message() << target << ", cutoff " << cutoff.value_or(-1));
      const Cross cross(*scorer, query_texts, prepared);
      ScoreMatrix matrix(DataType::kFloat64, queries.size() - 1, choices.size());
      ASSERT_TRUE(cross.Scores(1, queries.size(), {}, &matrix).ok());
      for (const Match& match : expected) {
        if (match.query == 0) continue;
        const bool passes = !cutoff || !scorer->IsBetter(*cutoff, match.score);
        ASSERT_EQ(AsDouble(matrix, match.query - 1, match.choice),
                  passes ? match.score : scorer->worst())
            << "query " << match.query << " of " << queries[match.query].size() << " units, choice "
            << match.choice << " of " << choices[match.choice].size();
      }
    });
  }
}

TEST_P(EveryScorer, FindsTheMatchesThatComparingEachPairFinds) {
  const RandomTexts both(3, 80, 20);
  const std::vector<Text> texts = both.texts();
  const Texts queries(texts);
  const Choices prepared{Texts(texts)};
  const std::unique_ptr<TextScorer> any = Bind(GetParam(), std::nullopt);
  for (const std::optional<double> cutoff : CutoffsOf(*any, GetParam())) {
    const std::unique_ptr<TextScorer> scorer = Bind(GetParam(), cutoff);
    std::vector<Match> all;
    std::vector<Match> later;
    for (const Match& match : EachScore(*any, texts, texts)) {
      // Whether it is within the cutoff, the scorer itself tells: what is not has another score.
      if (cutoff && (scorer->IsBetter(*cutoff, match.score) ||
                     ScoreOf(*scorer, texts[match.query], texts[match.choice]) != match.score)) {
        continue;
      }
      all.push_back(match);
      if (match.choice > match.query) later.push_back(match);
    }
    const Cross cross(*scorer, queries, prepared);
    std::vector<Match> found;
    ASSERT_TRUE(cross.Matches(0, texts.size(), /*symmetric=*/false, {}, &found).ok());
    EXPECT_EQ(Tuples(found), Tuples(all)) << "cutoff " << cutoff.value_or(-1);
    found.clear();
    ASSERT_TRUE(cross.Matches(0, texts.size(), /*symmetric=*/true, {}, &found).ok());
    EXPECT_EQ(Tuples(found), Tuples(later)) << "cutoff " << cutoff.value_or(-1);
  }
}

TEST_P(EveryScorer, FindsTheBestThatSortingAllScoresGives) {
  const RandomTexts some(4, 30, 20);
  const RandomTexts others(5, 90, 24);
  const std::vector<Text> queries = some.texts();
  const std::vector<Text> choices = others.texts();
  const Texts query_texts(queries);
  const Choices prepared{Texts(choices)};
  const std::unique_ptr<TextScorer> any = Bind(GetParam(), std::nullopt);
  for (const std::optional<double> cutoff : CutoffsOf(*any, GetParam())) {
    const std::unique_ptr<TextScorer> scorer = Bind(GetParam(), cutoff);
    std::vector<Match> sorted;
    for (const Match& match : EachScore(*scorer, queries, choices)) {
      if (!cutoff || !scorer->IsBetter(*cutoff, match.score)) sorted.push_back(match);
    }
    std::sort(sorted.begin(), sorted.end(), [&](const Match& a, const Match& b) {
      if (a.query != b.query) return a.query < b.query;
      if (a.score != b.score) return scorer->IsBetter(a.score, b.score);
      return a.choice < b.choice;
    });
    for (const size_t k : {size_t{0}, size_t{1}, size_t{5}, choices.size() + 1}) {
      std::vector<Match> expected;
      size_t of_query = 0;
      for (size_t i = 0; i < sorted.size(); ++i) {
        of_query = i > 0 && sorted[i].query == sorted[i - 1].query ? of_query + 1 : 0;
        if (of_query < k) expected.push_back(sorted[i]);
      }
      const Cross cross(*scorer, query_texts, prepared);
      std::vector<Match> found;
      ASSERT_TRUE(cross.TopK(0, queries.size(), k, {}, {}, &found).ok());
      EXPECT_EQ(Tuples(found), Tuples(expected))
          << "k = " << k << ", cutoff " << cutoff.value_or(-1);
    }
  }
}

// Enough choices for two shards and a few, a fifth of them alike, with nulls at the borders.
class TwoShards {
 public:
  static constexpr size_t kCount = Choices::kShard + 1500;

  TwoShards() {
    for (size_t i = 0; i < kCount; ++i) {
      const size_t number = i * i % (kCount * 4 / 5);
      for (size_t rest = number; rest > 0; rest /= 7) {
        bytes_ += static_cast<char>('a' + rest % 7);
      }
      ends_.push_back(static_cast<int32_t>(bytes_.size()));
    }
    for (const size_t null : {Choices::kShard - 1, Choices::kShard, Choices::kShard + 9}) {
      validity_[null / 8] = static_cast<uint8_t>(validity_[null / 8] & ~(1u << null % 8));
    }
  }
  Texts Read() const {
    const ColumnView column = {
        .type = DataType::kUtf8,
        .length = kCount,
        .validity = validity_,
        .offsets = {reinterpret_cast<const uint8_t*>(ends_.data()),
                    ends_.size() * sizeof(ends_[0])},
        .values = {reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()}};
    return *Texts::Read(column, "choices", RowErrorPolicy::kFail, {});
  }

 private:
  std::string bytes_;
  std::vector<int32_t> ends_ = {0};
  std::vector<uint8_t> validity_ = std::vector<uint8_t>((kCount + 7) / 8, 0xff);
};

TEST(CrossTest, HasInItsShardsWhatItHasInAll) {
  const Choices choices(TwoShards().Read());
  ASSERT_EQ(choices.shards(), 2u);
  const Texts queries({Text(std::string_view("abcdefg")), Text(std::string_view("gg"))});
  for (const std::string name : {"levenshtein.distance", "jaro_winkler.similarity", "null"}) {
    for (const std::optional<double> cutoff : {std::optional<double>(), std::optional<double>(1)}) {
      SCOPED_TRACE(testing::Message() << name << ", cutoff " << cutoff.value_or(-1));
      const std::unique_ptr<TextScorer> scorer = Bind(name, cutoff);
      std::vector<Match> passing;
      for (uint32_t q = 0; q < queries.size(); ++q) {
        std::vector<double> scores(choices.texts().size());
        scorer->Prepare(queries[q])->Score(choices.texts().all(), std::nullopt, {}, scores);
        for (uint32_t c = 0; c < scores.size(); ++c) {
          if (choices.texts().is_null(c) || (cutoff && scorer->IsBetter(*cutoff, scores[c]))) {
            continue;
          }
          passing.push_back({q, c, scores[c]});
        }
      }
      const auto first = [&](size_t query, size_t k, size_t begin, size_t end) {
        std::vector<Match> best;
        for (const Match& match : passing) {
          if (match.query == query && match.choice >= begin && match.choice < end) {
            best.push_back(match);
          }
        }
        std::stable_sort(best.begin(), best.end(), [&](const Match& a, const Match& b) {
          return scorer->IsBetter(a.score, b.score);
        });
        best.resize(std::min(k, best.size()));
        return Tuples(best);
      };
      const Cross whole(*scorer, queries, choices);
      std::vector<Match> found;
      size_t columns = 0;
      for (size_t shard = 0; shard < 2; ++shard) {
        const Cross cross(whole, shard);
        const size_t begin = cross.first_choice();
        const size_t end = cross.last_choice();
        columns += end - begin;
        std::vector<Match> best;
        ASSERT_TRUE(cross.TopK(1, 2, 7, {}, {}, &best).ok());
        EXPECT_EQ(Tuples(best), first(1, 7, begin, end));
        ASSERT_TRUE(cross.Matches(0, 2, /*symmetric=*/false, {}, &found).ok());
        ScoreMatrix matrix(DataType::kFloat64, 2, end - begin);
        ASSERT_TRUE(cross.Scores(0, 2, {}, &matrix).ok());
        EXPECT_EQ(matrix.null_count(), shard == 0 ? 2u : 4u);
        for (const Match& match : passing) {
          if (match.choice < begin || match.choice >= end) continue;
          ASSERT_EQ(AsDouble(matrix, match.query, match.choice - begin), match.score);
        }
      }
      EXPECT_EQ(columns, TwoShards::kCount);
      std::sort(found.begin(), found.end(), [](const Match& a, const Match& b) {
        return std::pair(a.query, a.choice) < std::pair(b.query, b.choice);
      });
      EXPECT_EQ(Tuples(found), Tuples(passing));
      std::vector<Match> best;
      ASSERT_TRUE(whole.TopK(1, 2, 7, {}, {}, &best).ok());
      EXPECT_EQ(Tuples(best), first(1, 7, 0, TwoShards::kCount));
    }
  }
}

TEST(CrossTest, KeepsEachQuerysOwnCutoffInTopK) {
  const std::vector<Text> texts = {Text(std::string_view("kitten")),
                                   Text(std::string_view("mitten")),
                                   Text(std::string_view("sitting"))};
  const std::unique_ptr<TextScorer> scorer = Bind("levenshtein.distance", std::nullopt);
  const Texts queries(texts);
  const Choices choices{Texts(texts)};
  const std::vector<double> cutoffs = {0, 1, 3};
  std::vector<Match> found;
  ASSERT_TRUE(Cross(*scorer, queries, choices).TopK(0, 3, 9, cutoffs, {}, &found).ok());
  const std::vector<std::tuple<uint32_t, uint32_t, double>> expected = {
      {0, 0, 0}, {1, 1, 0}, {1, 0, 1}, {2, 2, 0}, {2, 0, 3}, {2, 1, 3}};
  EXPECT_EQ(Tuples(found), expected);
}

ColumnView NamesWithANull(const std::vector<int32_t>& offsets, const std::string& bytes,
                          const uint8_t& validity) {
  return {.type = DataType::kUtf8,
          .length = offsets.size() - 1,
          .validity = Bytes(&validity, 1),
          .offsets = Bytes(reinterpret_cast<const uint8_t*>(offsets.data()), offsets.size() * 4),
          .values = Bytes(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size())};
}

TEST(CrossTest, GivesANullNoScore) {
  const std::vector<int32_t> offsets = {0, 1, 1, 2};
  const std::string bytes = "ab";
  const uint8_t validity = 0b101;
  const ColumnView column = NamesWithANull(offsets, bytes, validity);
  for (const std::optional<double> cutoff : {std::optional<double>(), std::optional<double>(1)}) {
    const std::unique_ptr<TextScorer> scorer = Bind("levenshtein.distance", cutoff);
    const auto queries = Texts::Read(column, "queries", RowErrorPolicy::kFail, {});
    ASSERT_TRUE(queries.ok());
    const Choices choices(*Texts::Read(column, "choices", RowErrorPolicy::kFail, {}));
    const Cross cross(*scorer, *queries, choices);
    ScoreMatrix matrix(DataType::kFloat64, 3, 3);
    ASSERT_TRUE(cross.Scores(0, 3, {}, &matrix).ok());
    EXPECT_EQ(matrix.null_count(), 5u);
    EXPECT_EQ(matrix.validity()[0], 0b01000101);
    EXPECT_EQ(matrix.validity()[1] & 1, 1);
    EXPECT_EQ(AsDouble(matrix, 0, 2), 1);
    std::vector<Match> found;
    ASSERT_TRUE(cross.Matches(0, 3, false, {}, &found).ok());
    EXPECT_EQ(found.size(), 4u);
    found.clear();
    ASSERT_TRUE(cross.TopK(0, 3, 2, {}, {}, &found).ok());
    EXPECT_EQ(found.size(), 4u);
  }
}

TEST(CrossTest, RefusesAPairThatHasNoScore) {
  const auto kernel = FindScorer("hamming.distance", "scorer");
  Binding binding;
  binding.parameters = {{.name = "pad", .value = false}};
  const std::unique_ptr<TextScorer> scorer = *(*kernel)->bind_scorer(binding);
  const Texts queries({Text(std::string_view("ab"))});
  const Choices choices(Texts({Text(std::string_view("cd")), Text(std::string_view("e"))}));
  std::vector<Match> found;
  const absl::Status status = Cross(*scorer, queries, choices).Matches(0, 1, false, {}, &found);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorField(status), "queries");
  EXPECT_EQ(ErrorRow(status), "0");
}

TEST(CrossTest, SaturatesWhatTheMatrixDoesNotHold) {
  const std::string longer(300, 'x');
  const Texts queries({Text(std::string_view("y"))});
  const Choices choices(Texts({Text(std::string_view(longer)), Text(std::string_view("y"))}));
  const std::unique_ptr<TextScorer> scorer = Bind("levenshtein.distance", std::nullopt);
  ScoreMatrix matrix(DataType::kUint8, 1, 2);
  ASSERT_TRUE(Cross(*scorer, queries, choices).Scores(0, 1, {}, &matrix).ok());
  EXPECT_EQ(matrix.values()[0], 255);
  EXPECT_EQ(matrix.values()[1], 0);
}

TEST(CrossTest, MatchesAChoiceOverTheLimitOfLanesOnceAndByItsOwnScore) {
  const std::string longer(129, 'a');
  const Texts queries({Text(std::string_view("ab"))});
  const Choices choices(Texts(
      {Text(std::string_view("ab")), Text(std::string_view(longer)), Text(std::string_view("b"))}));
  const std::unique_ptr<TextScorer> scorer = Bind("levenshtein.distance", 1000);
  const Cross cross(*scorer, queries, choices);
  std::vector<Match> found;
  ASSERT_TRUE(cross.Matches(0, 1, false, {}, &found).ok());
  const std::vector<std::tuple<uint32_t, uint32_t, double>> matches = {
      {0, 0, 0}, {0, 1, 128}, {0, 2, 1}};
  EXPECT_EQ(Tuples(found), matches);
  found.clear();
  ASSERT_TRUE(cross.TopK(0, 1, 9, {}, {}, &found).ok());
  const std::vector<std::tuple<uint32_t, uint32_t, double>> best = {
      {0, 0, 0}, {0, 2, 1}, {0, 1, 128}};
  EXPECT_EQ(Tuples(found), best);
}

TEST(CrossTest, KeepsTheFirstOfTwoWhoseScoresEqualTheWorstThatIsKept) {
  // The last two have one unit each that Jaro counts. The second of them has another too far away,
  // and is compared first because of it.
  const Texts queries({Text(std::string_view("kitten"))});
  const Choices choices(
      Texts({Text(std::string_view("kitten")), Text(std::string_view("nzzzzzzzzzzzz")),
             Text(std::string_view("kzzzzzzzzzzze"))}));
  const std::unique_ptr<TextScorer> scorer = Bind("jaro_winkler.distance", std::nullopt);
  std::vector<Match> found;
  ASSERT_TRUE(Cross(*scorer, queries, choices).TopK(0, 1, 2, {}, {}, &found).ok());
  const double similarity = (1 / 6.0 + 1 / 13.0 + 1) / 3.0;
  const std::vector<std::tuple<uint32_t, uint32_t, double>> expected = {{0, 0, 0},
                                                                        {0, 1, 1 - similarity}};
  EXPECT_EQ(Tuples(found), expected);
}

TEST(CrossTest, TakesNoMemoryForMatchesThatThereIsNoRoomFor) {
  const std::vector<Text> same(200, Text(std::string_view("kitten")));
  const Texts queries(same);
  const Choices choices{Texts(same)};
  for (const std::string name : {"levenshtein.distance", "fuzz.partial_ratio", "null"}) {
    const std::unique_ptr<TextScorer> scorer = Bind(name, 0);
    const Cross cross(*scorer, queries, choices);
    std::vector<Match> found;
    size_t room = 0;
    const auto make_room = [&room](size_t count) {
      if (room + count > 20'000) return absl::ResourceExhaustedError("no room");
      room += count;
      return absl::OkStatus();
    };
    const absl::Status status = cross.Matches(0, 200, /*symmetric=*/false, {}, &found, make_room);
    EXPECT_EQ(status, absl::ResourceExhaustedError("no room"));
    EXPECT_EQ(found.size(), room);
    EXPECT_GT(room, 10'000u);
    EXPECT_LE(found.capacity(), 20'000u);
  }
}

TEST(CrossTest, EndsWhenItIsStopped) {
  const std::atomic<bool> stopped = true;
  const RandomTexts some(6, 10, 10);
  const Texts queries(some.texts());
  const Choices choices{Texts(some.texts())};
  for (const std::optional<double> cutoff : {std::optional<double>(), std::optional<double>(1)}) {
    const std::unique_ptr<TextScorer> scorer = Bind("levenshtein.distance", cutoff);
    const Cross cross(*scorer, queries, choices);
    std::vector<Match> found;
    ScoreMatrix matrix(DataType::kFloat64, queries.size(), choices.texts().size());
    const StopToken stop(&stopped);
    EXPECT_EQ(cross.Scores(0, queries.size(), stop, &matrix).code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(cross.Matches(0, queries.size(), false, stop, &found).code(),
              absl::StatusCode::kCancelled);
    EXPECT_EQ(cross.TopK(0, queries.size(), 3, {}, stop, &found).code(),
              absl::StatusCode::kCancelled);
  }
}

}  // namespace
}  // namespace kernelserve

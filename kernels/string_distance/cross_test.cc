#include "kernels/string_distance/cross.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
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
#include "kernels/string_distance/cross_fixture.h"

namespace kernelserve {
namespace {

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

TEST(CrossTest, GivesOfCandidatesOfAnyNumberAndSizeWhatItGivesOfEachPair) {
  // One query has more candidates than are scored together, of three sizes, the others none or few.
  std::vector<std::string> words;
  for (size_t i = 0; i < 30'000; ++i) {
    words.push_back(i % 20 == 0 ? "kitten" : std::string(20 + i % 7, "xyz"[i % 3]));
    if (i % 60 == 20) words.back() += "s";
    if (i % 60 == 40) words.back().pop_back();
  }
  std::vector<std::string> asked = {"sitten", "", "mitte"};
  for (size_t i = 0; i < 20; ++i) asked.emplace_back(50, 'q');
  asked.emplace_back("xxxxxxxxxxxxxxxxxxxxxxy");
  const auto texts_of = [](const std::vector<std::string>& strings) {
    return std::vector<Text>(strings.begin(), strings.end());
  };
  const Texts queries(texts_of(asked));
  const Choices choices{Texts(texts_of(words))};
  const std::unique_ptr<TextScorer> any = Bind("levenshtein.distance", std::nullopt);
  const std::unique_ptr<TextScorer> scorer = Bind("levenshtein.distance", 2);
  const Cross cross(*scorer, queries, choices);
  ScoreMatrix matrix(DataType::kFloat64, asked.size(), words.size());
  ASSERT_TRUE(cross.Scores(0, asked.size(), {}, &matrix).ok());
  std::vector<Match> expected;
  for (uint32_t q = 0; q < asked.size(); ++q) {
    // Rows of few different words.
    std::map<std::string, double> scores;
    for (uint32_t c = 0; c < words.size(); ++c) {
      const auto [known, is_new] = scores.try_emplace(words[c]);
      if (is_new) known->second = ScoreOf(*any, queries[q], choices.texts()[c]);
      if (known->second <= 2) expected.push_back({q, c, known->second});
      ASSERT_EQ(AsDouble(matrix, q, c), std::min(known->second, 3.0)) << q << ", " << c;
    }
  }
  EXPECT_GT(expected.size(), 2048u);
  std::vector<Match> found;
  ASSERT_TRUE(cross.Matches(0, asked.size(), /*symmetric=*/false, {}, &found).ok());
  EXPECT_EQ(Tuples(found), Tuples(expected));
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

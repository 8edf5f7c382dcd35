#include "kernels/string_distance/record_scoring.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/catalog.h"
#include "kernels/error.h"
#include "kernels/result_values.h"
#include "kernels/text_scorer.h"

namespace kernelserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using MaybeText = std::optional<std::string>;
using MaybeScore = std::optional<double>;

// A column of texts, and what its buffers are.
class Strings {
 public:
  explicit Strings(std::vector<MaybeText> texts) : texts_(std::move(texts)) {
    validity_.resize(BytesOfBits(texts_.size()));
    offsets_.push_back(0);
    for (size_t i = 0; i < texts_.size(); ++i) {
      if (texts_[i]) validity_[i / 8] |= static_cast<uint8_t>(1 << i % 8);
      values_ += texts_[i].value_or("");
      offsets_.push_back(static_cast<int32_t>(values_.size()));
    }
  }

  ColumnView view() const {
    return {.type = DataType::kUtf8,
            .length = texts_.size(),
            .validity = BytesOf(validity_),
            .offsets = BytesOf(offsets_),
            .values = BytesOf(values_)};
  }
  const MaybeText& operator[](size_t row) const { return texts_[row]; }
  size_t size() const { return texts_.size(); }

 private:
  std::vector<MaybeText> texts_;
  std::vector<uint8_t> validity_;
  std::vector<int32_t> offsets_;
  std::string values_;
};

ColumnView RowsOf(const std::vector<int32_t>& rows) {
  return {.type = DataType::kInt32, .length = rows.size(), .values = BytesOf(rows)};
}

WeightedScorer Weighted(const std::string& name, double weight) {
  return {.kernel = *FindScorer(name, "scorer"), .binding = {}, .weight = weight};
}

// The scores of all pairs, cut into tasks of `step`.
std::vector<MaybeScore> ScoresOf(BoundKernel& bound, size_t pairs, size_t step) {
  std::vector<MaybeScore> scores;
  EXPECT_TRUE(bound.Prepare(StopToken()).ok());
  for (size_t begin = 0; begin < pairs; begin += step) {
    const size_t end = std::min(pairs, begin + step);
    ResultBlock block(bound.result_type(), end - begin);
    const absl::Status status = bound.Run(begin, end, StopToken(), block);
    EXPECT_TRUE(status.ok()) << status;
    const std::vector<double> values = ValuesOf<double>(block);
    for (size_t i = 0; i < values.size(); ++i) {
      const bool valid = block.validity().empty() || block.validity()[i / 8] >> i % 8 & 1;
      scores.push_back(valid ? MaybeScore(values[i]) : std::nullopt);
    }
  }
  return scores;
}

double Alone(const WeightedScorer& weighted, const std::string& left, const std::string& right) {
  const auto scorer = weighted.kernel->bind_scorer(weighted.binding);
  const Text left_text{std::string_view(left)};
  const Text right_text{std::string_view(right)};
  double score = 0;
  (*scorer)->ScorePairs(std::span(&left_text, 1), std::span(&right_text, 1), StopToken(),
                        std::span(&score, 1));
  return score;
}

// By the definition: every column of every pair.
MaybeScore Expected(const RecordScoring& scoring, const std::vector<Strings>& left,
                    const std::vector<Strings>& right, size_t left_row, size_t right_row) {
  double sum = 0;
  double weights = 0;
  bool higher = true;
  for (size_t i = 0; i < scoring.scorers.size(); ++i) {
    const WeightedScorer& weighted = scoring.scorers[i];
    higher = (*weighted.kernel->bind_scorer({}))->higher_is_better();
    const MaybeText& a = left[i][left_row];
    const MaybeText& b = right[i][right_row];
    if (!(a && b) && !scoring.null_score) return std::nullopt;
    sum += weighted.weight * (a && b ? Alone(weighted, *a, *b) : *scoring.null_score);
    weights += weighted.weight;
  }
  const double score = sum / weights;
  if (!scoring.score_cutoff) return score;
  const bool passes = higher ? score >= *scoring.score_cutoff : score <= *scoring.score_cutoff;
  return passes ? MaybeScore(score) : std::nullopt;
}

class RecordScoringTest : public ::testing::Test {
 protected:
  // Names, many alike; of two sides, three columns each.
  RecordScoringTest() {
    for (int column = 0; column < 3; ++column) {
      left_.push_back(Column(300));
      right_.push_back(Column(200));
    }
    for (int pair = 0; pair < 7000; ++pair) {
      left_rows_.push_back(static_cast<int32_t>(random_() % 300));
      right_rows_.push_back(static_cast<int32_t>(random_() % 200));
    }
    columns_ = {RowsOf(left_rows_), RowsOf(right_rows_)};
    for (const auto* side : {&left_, &right_}) {
      for (const Strings& texts : *side) columns_.push_back(texts.view());
    }
  }

  Strings Column(size_t rows) {
    std::vector<MaybeText> texts;
    for (size_t row = 0; row < rows; ++row) {
      std::string text;
      for (size_t size = random_() % 30; size > 0; --size) {
        text += static_cast<char>('a' + random_() % 3);
      }
      texts.push_back(random_() % 20 == 0 ? std::nullopt : MaybeText(text));
    }
    return Strings(std::move(texts));
  }

  absl::StatusOr<std::unique_ptr<BoundKernel>> Bind(const RecordScoring& scoring) const {
    return DefineRecordScores(scoring).bind({}, columns_);
  }

  // By the same scorer for all columns.
  std::unique_ptr<BoundKernel> BindJaro() const {
    const WeightedScorer jaro = Weighted("jaro.similarity", 1);
    auto bound =
        Bind({.scorers = {jaro, jaro, jaro}, .has_left_rows = true, .has_right_rows = true});
    EXPECT_TRUE(bound.ok()) << bound.status();
    return *std::move(bound);
  }

  std::mt19937 random_{7};
  std::vector<Strings> left_;
  std::vector<Strings> right_;
  std::vector<int32_t> left_rows_;
  std::vector<int32_t> right_rows_;
  std::vector<ColumnView> columns_;  // of all of these
};

// A median cutoff, so that pairs pass and fail at every step.
TEST_F(RecordScoringTest, EqualTheMeanOfEachColumnWithAndWithoutCutoffsAndNulls) {
  const std::vector<std::vector<WeightedScorer>> several = {
      {Weighted("jaro_winkler.similarity", 3), Weighted("levenshtein.normalized_similarity", 2),
       Weighted("jaro.similarity", 2.5)},
      {Weighted("levenshtein.distance", 1), Weighted("indel.normalized_distance", 8),
       Weighted("osa.distance", 0.1)},
      {Weighted("fuzz.ratio", 1), Weighted("jaro.similarity", 50), Weighted("fuzz.WRatio", 0.5)},
      {Weighted("levenshtein.similarity", 1), Weighted("fuzz.ratio", 1),
       Weighted("lcs_seq.similarity", 2)},
  };
  for (const std::vector<WeightedScorer>& scorers : several) {
    RecordScoring scoring{.scorers = scorers, .has_left_rows = true, .has_right_rows = true};
    for (const MaybeScore null_score :
         {MaybeScore(), MaybeScore(0), MaybeScore(0.9), MaybeScore(1.5), MaybeScore(-0.5)}) {
      scoring.null_score = null_score;
      scoring.score_cutoff.reset();
      std::vector<MaybeScore> expected;
      std::vector<double> all;
      for (size_t i = 0; i < left_rows_.size(); ++i) {
        expected.push_back(Expected(scoring, left_, right_, static_cast<size_t>(left_rows_[i]),
                                    static_cast<size_t>(right_rows_[i])));
        if (expected.back()) all.push_back(*expected.back());
      }
      auto bound = Bind(scoring);
      ASSERT_TRUE(bound.ok()) << bound.status();
      EXPECT_EQ(ScoresOf(**bound, expected.size(), 7000), expected);

      std::sort(all.begin(), all.end());
      for (const double part : {0.05, 0.5, 0.95}) {
        scoring.score_cutoff = all[static_cast<size_t>(part * static_cast<double>(all.size()))];
        for (size_t i = 0; i < expected.size(); ++i) {
          expected[i] = Expected(scoring, left_, right_, static_cast<size_t>(left_rows_[i]),
                                 static_cast<size_t>(right_rows_[i]));
        }
        bound = Bind(scoring);
        ASSERT_TRUE(bound.ok()) << bound.status();
        const std::vector<MaybeScore> found = ScoresOf(**bound, expected.size(), 2500);
        ASSERT_EQ(found, expected) << scorers[0].kernel->name << " " << *scoring.score_cutoff;
      }
    }
  }
}

TEST_F(RecordScoringTest, PairsWithoutRowsAreOfRowsByTheirNumber) {
  const Strings left({"kitten", "flaw", std::nullopt});
  const Strings right({"sitting", "lawn", "x"});
  const std::vector<ColumnView> columns = {left.view(), right.view()};
  const auto bound =
      DefineRecordScores({.scorers = {Weighted("levenshtein.distance", 2)}}).bind({}, columns);
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_THAT(ScoresOf(**bound, 3, 2), ElementsAre(3, 2, std::nullopt));
}

TEST_F(RecordScoringTest, TextsAreProcessedFirstWhereAColumnAsksForIt) {
  const Strings left({"  Kitten!"});
  const Strings right({"kitten"});
  RecordScoring scoring{.scorers = {Weighted("levenshtein.distance", 1)}};
  scoring.scorers[0].binding.preprocessing = Preprocessing::kDefaultProcess;
  const std::vector<ColumnView> columns = {left.view(), right.view()};
  const auto bound = DefineRecordScores(scoring).bind({}, columns);
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_THAT(ScoresOf(**bound, 1, 1), ElementsAre(0));
}

TEST_F(RecordScoringTest, FloatsAreGivenWhereTheyAreAskedFor) {
  const Strings left({"kitten"});
  const Strings right({"sitting"});
  const std::vector<ColumnView> columns = {left.view(), left.view(), right.view(), right.view()};
  const auto bound = DefineRecordScores({.scorers = {Weighted("levenshtein.distance", 2),
                                                     Weighted("jaro.normalized_distance", 1)}})
                         .bind({.result_type = DataType::kFloat32}, columns);
  ASSERT_TRUE(bound.ok()) << bound.status();
  ResultBlock block((*bound)->result_type(), 1);
  ASSERT_TRUE((*bound)->Run(0, 1, StopToken(), block).ok());
  // Jaro of the two by its definition: 4 of 6 and of 7 agree, none is transposed.
  const double jaro = (4.0 / 6 + 4.0 / 7 + 1) / 3;
  EXPECT_THAT(ValuesOf<float>(block), ElementsAre(static_cast<float>((2 * 3 + 1 - jaro) / 3)));
}

// The second column's error comes later, but its pair first; a pair that is out is not looked at.
TEST_F(RecordScoringTest, TheLowestPairThatIsAmissIsNamedWhicheverColumnItIs) {
  const Strings left({"same", "same", "other", "same"});
  const Strings right({"same", "same", "far away", "\xff"});
  const Strings more_left({"a", "a", "a", "a"});
  const Strings more_right({"a", "\xff", "\xff", "a"});
  const std::vector<ColumnView> columns = {left.view(), more_left.view(), right.view(),
                                           more_right.view()};
  RecordScoring scoring{.scorers = {Weighted("jaro.similarity", 3), Weighted("jaro.similarity", 1)},
                        .score_cutoff = 0.9};
  const Kernel kernel = DefineRecordScores(scoring);
  const auto bound = kernel.bind({}, columns);
  ASSERT_TRUE(bound.ok()) << bound.status();
  ResultBlock block(DataType::kFloat64, 4);
  const absl::Status status = (*bound)->Run(0, 4, StopToken(), block);
  EXPECT_EQ(ErrorReason(status), "INVALID_UTF8");
  EXPECT_EQ(ErrorRow(status), "1");
  EXPECT_THAT(ErrorField(status), HasSubstr("right[1]"));

  const auto nulls = kernel.bind({.row_errors = RowErrorPolicy::kNull}, columns);
  ResultBlock rows(DataType::kFloat64, 4);
  ASSERT_TRUE((*nulls)->Run(0, 4, StopToken(), rows).ok());
  EXPECT_EQ(rows.null_count(), 3u);
  ASSERT_EQ(rows.error_count(), 2u);
  EXPECT_EQ(rows.errors()[0].row, 1u);
  EXPECT_EQ(rows.errors()[1].row, 3u);
  EXPECT_EQ(ValuesOf<double>(rows)[0], 1);
}

TEST_F(RecordScoringTest, PairsOfUnequalSizeAreRefusedByAScorerThatRefusesThem) {
  const Strings left({"ab", "ab"});
  const Strings right({"ab", "abc"});
  const std::vector<ColumnView> columns = {left.view(), right.view()};
  RecordScoring scoring{.scorers = {Weighted("hamming.distance", 1)}};
  scoring.scorers[0].binding.parameters = {{.name = "pad", .value = false}};
  const auto bound = DefineRecordScores(scoring).bind({}, columns);
  ASSERT_TRUE(bound.ok()) << bound.status();
  ResultBlock block(DataType::kFloat64, 2);
  EXPECT_EQ(ErrorRow((*bound)->Run(0, 2, StopToken(), block)), "1");
}

TEST_F(RecordScoringTest, ARowThatIsNotThereIsNamed) {
  for (const int32_t row : {-1, 2}) {
    const std::vector<int32_t> rows = {1, row};
    const Strings texts({"a", "b"});
    const std::vector<ColumnView> columns = {RowsOf(rows), texts.view(), texts.view()};
    const auto bound = DefineRecordScores({.scorers = {Weighted("levenshtein.distance", 1)},
                                           .has_right_rows = true})
                           .bind({}, columns);
    ASSERT_TRUE(bound.ok()) << bound.status();
    ResultBlock block(DataType::kFloat64, 2);
    const absl::Status status = (*bound)->Run(0, 2, StopToken(), block);
    EXPECT_EQ(ErrorRow(status), "1");
    EXPECT_EQ(ErrorField(status), "right_rows");
  }
}

TEST_F(RecordScoringTest, WhatCannotBeComputedIsRefusedByName) {
  const WeightedScorer jaro = Weighted("jaro.similarity", 1);
  const auto field_of = [&](const WeightedScorer& last, MaybeScore cutoff = {}) {
    const absl::Status status = Bind({.scorers = {jaro, jaro, last},
                                      .score_cutoff = cutoff,
                                      .has_left_rows = true,
                                      .has_right_rows = true})
                                    .status();
    return ErrorReason(status) + " " + ErrorField(status);
  };
  EXPECT_EQ(field_of(jaro), " ");
  for (const double weight : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_EQ(field_of(Weighted("jaro.similarity", weight)), "OUT_OF_RANGE scorers[2].weight");
  }
  EXPECT_EQ(field_of(jaro, std::nan("")), "OUT_OF_RANGE score_cutoff");
  EXPECT_EQ(field_of(Weighted("jaro.distance", 1)), "INVALID_ARGUMENT scorers[2].scorer.name");
  WeightedScorer unknown = jaro;
  unknown.binding.parameters = {{.name = "pad", .value = false}};
  EXPECT_EQ(field_of(unknown), "UNKNOWN_PARAMETER scorers[2].scorer.parameters.pad");
}

TEST_F(RecordScoringTest, ATaskEndsWhereItsBudgetDoes) {
  const std::unique_ptr<BoundKernel> bound = BindJaro();
  const double all_ns = bound->CostNs(left_rows_.size());
  double task_ns = 0;
  const size_t end = bound->TaskEnd(0, left_rows_.size(), all_ns / 4, &task_ns);
  EXPECT_GT(end, left_rows_.size() / 8);
  EXPECT_LT(end, left_rows_.size() / 2);
  EXPECT_EQ(bound->TaskEnd(end, left_rows_.size(), 10 * all_ns, &task_ns), left_rows_.size());
}

TEST_F(RecordScoringTest, AStoppedTaskGivesUp) {
  const std::atomic<bool> stopped = true;
  ResultBlock block(DataType::kFloat64, 7000);
  const absl::Status status = BindJaro()->Run(0, 7000, StopToken(&stopped), block);
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(block.rows(), 0u);
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/choices.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/string_distance/cross.h"
#include "kernels/string_distance/cross_fixture.h"

namespace kernelserve {
namespace {

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

TEST(CrossShardsTest, HaveTogetherWhatThereIsInAll) {
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
        const auto end_of_best = best.begin() + static_cast<ptrdiff_t>(std::min(k, best.size()));
        std::partial_sort(
            best.begin(), end_of_best, best.end(), [&](const Match& a, const Match& b) {
              return a.score == b.score ? a.choice < b.choice : scorer->IsBetter(a.score, b.score);
            });
        best.erase(end_of_best, best.end());
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
      // Each shard's are by query and choice.
      std::stable_sort(found.begin(), found.end(),
                       [](const Match& a, const Match& b) { return a.query < b.query; });
      EXPECT_EQ(Tuples(found), Tuples(passing));
      std::vector<Match> best;
      ASSERT_TRUE(whole.TopK(1, 2, 7, {}, {}, &best).ok());
      EXPECT_EQ(Tuples(best), first(1, 7, 0, TwoShards::kCount));
    }
  }
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/record_scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "kernels/define.h"
#include "kernels/error.h"
#include "kernels/sample_row.h"

namespace kernelserve {
namespace {

// Pairs scored together: those that are left for the last columns still make blocks.
constexpr size_t kPairs = 2048;
constexpr size_t kBlockPairs = TextReader::kReadBlockRows;

// Sums of products differ in their last digits by the order in which they are added.
constexpr double kSlack = 1e-9;

}  // namespace

RecordScores::RecordScores(std::vector<ScoredColumn> columns, RecordSide left, RecordSide right,
                           const RecordScoring& scoring, const Binding& binding,
                           DataType result_type)
    : columns_(std::move(columns)),
      left_(std::move(left)),
      right_(std::move(right)),
      score_cutoff_(scoring.score_cutoff),
      null_score_(scoring.null_score),
      higher_(columns_.front().scorer->higher_is_better()),
      names_rows_(binding.names_rows),
      row_errors_(binding.row_errors),
      result_type_(result_type),
      order_(columns_.size()) {
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [this](size_t a, size_t b) { return columns_[a].weight > columns_[b].weight; });
  for (const ScoredColumn& column : columns_) weight_ += column.weight;
  double rest = 0;
  for (size_t step = order_.size(); step-- > 0;) {
    ScoredColumn& column = columns_[order_[step]];
    column.rest = rest;
    rest += column.weight * Best(column);
  }
  if (score_cutoff_) wanted_ = *score_cutoff_ * weight_;
}

double RecordScores::Best(const ScoredColumn& column) const {
  const double best = column.scorer->best();
  if (!null_score_) return best;
  return higher_ ? std::max(best, *null_score_) : std::min(best, *null_score_);
}

bool RecordScores::MayPass(const ScoredColumn& column, double sum) const {
  if (!score_cutoff_) return true;
  const double bound = sum + column.rest;
  const double slack = kSlack * std::max(1.0, std::abs(wanted_));
  return higher_ ? bound >= wanted_ - slack : bound <= wanted_ + slack;
}

std::optional<double> RecordScores::CutoffOf(const ScoredColumn& column, double sum) const {
  const double best = column.scorer->best();
  if (!score_cutoff_ || std::isinf(column.rest) || std::isinf(best)) return std::nullopt;
  const double needed = (wanted_ - column.rest - sum) / column.weight;
  if (higher_) {
    const double least = std::min(needed - kSlack, best);
    return least > 0 ? std::optional(least) : std::nullopt;
  }
  const double most = std::max(0.0, needed + kSlack);
  return column.scorer->is_whole() ? std::floor(most) : std::min(most, 1.0);
}

bool RecordScores::Passes(double score) const {
  if (!score_cutoff_) return true;
  return higher_ ? score >= *score_cutoff_ : score <= *score_cutoff_;
}

// Estimates pairs, each as if all of its columns were scored.
class RecordScores::Estimator {
 public:
  explicit Estimator(const RecordScores& scores)
      : columns_(scores.columns_), left_(scores.left_), right_(scores.right_) {}

  // In nanoseconds.
  double operator()(size_t pair) {
    size_t left_row = 0;
    size_t right_row = 0;
    absl::Status error;
    double cost_ns = define_internal::kDefaultCostNs;
    if (left_.FindRow(pair, &left_row, &error) != RowState::kValue ||
        right_.FindRow(pair, &right_row, &error) != RowState::kValue) {
      return cost_ns;
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      const size_t left = left_.Size(i, left_row);
      const size_t right = right_.Size(i, right_row);
      cost_ns += define_internal::ReadTextNs(left + right, columns_[i].binding.preprocessing) +
                 columns_[i].scorer->CostNs(left, right);
    }
    return cost_ns;
  }

 private:
  const std::vector<ScoredColumn>& columns_;
  RecordReader left_;
  RecordReader right_;
};

// Scores pairs for one thread.
class RecordScores::Task {
 public:
  Task(const RecordScores& scores, StopToken stop)
      : scores_(scores),
        stop_(stop),
        left_(scores.left_),
        right_(scores.right_),
        column_scores_(scores.columns_.size() * kPairs) {}

  // Appends the scores of pairs [first, first + count), of kPairs at most.
  absl::Status Run(size_t first, size_t count, ResultBlock& out) {
    Begin(first, count);
    for (const size_t column : scores_.order_) ScoreColumn(column);
    if (stop_.stopped()) return absl::CancelledError("stopped");
    return Append(first, count, out);
  }

 private:
  // Finds the records of the pairs.
  void Begin(size_t first, size_t count) {
    alive_.clear();
    failed_.clear();
    std::fill_n(sums_.begin(), count, 0.0);
    if (left_.FindRows(first, count, left_rows_.data()) &&
        right_.FindRows(first, count, right_rows_.data())) {
      alive_.resize(count);
      std::iota(alive_.begin(), alive_.end(), uint32_t{0});
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      absl::Status error;
      RowState state = left_.FindRow(first + i, &left_rows_[i], &error);
      if (state == RowState::kValue) state = right_.FindRow(first + i, &right_rows_[i], &error);
      if (state == RowState::kInvalid) failed_.emplace_back(i, std::move(error));
      if (state == RowState::kValue) alive_.push_back(static_cast<uint32_t>(i));
    }
  }

  // Scores a column of the pairs that are left, and drops those that can't pass any more.
  void ScoreColumn(size_t number) {
    const ScoredColumn& column = scores_.columns_[number];
    double* const scores = column_scores_.data() + number * kPairs;
    const std::unique_ptr<TextScorer> with_cutoff = WithCutoff(column);
    const TextScorer& scorer = with_cutoff ? *with_cutoff : *column.scorer;
    size_t kept = 0;
    for (size_t next = 0; next < alive_.size() && !stop_.stopped();) {
      const size_t begin = next;
      size_t packed = 0;
      next = ReadTexts(number, scorer, begin, scores, &packed);
      scorer.ScorePairs(std::span(left_texts_).first(packed), std::span(right_texts_).first(packed),
                        stop_, std::span(block_scores_).first(packed));
      for (size_t i = 0; i < packed; ++i) scores[packed_[i]] = block_scores_[i];
      for (size_t at = begin; at < next; ++at) {
        const uint32_t pair = alive_[at];
        if (pair == kDropped) continue;
        sums_[pair] += column.weight * scores[pair];
        if (scores_.MayPass(column, sums_[pair])) alive_[kept++] = pair;
      }
    }
    alive_.resize(kept);
  }

  // The column's scorer with the cutoff of the best pair that is left; null where it has none.
  std::unique_ptr<TextScorer> WithCutoff(const ScoredColumn& column) const {
    if (alive_.empty()) return nullptr;
    double best = sums_[alive_.front()];
    for (const uint32_t pair : alive_) {
      best = scores_.higher_ ? std::max(best, sums_[pair]) : std::min(best, sums_[pair]);
    }
    Binding binding = column.binding;
    binding.score_cutoff = scores_.CutoffOf(column, best);
    if (!binding.score_cutoff) return nullptr;
    // A number from 0 to the best is one that every scorer takes.
    absl::StatusOr<std::unique_ptr<TextScorer>> bound = column.kernel->bind_scorer(binding);
    return bound.ok() ? *std::move(bound) : nullptr;
  }

  // Reads a block of texts of pairs from `begin` on among those that are left, and returns where it
  // ends. A pair with a null has its score, or becomes kDropped, as does one that is amiss.
  size_t ReadTexts(size_t number, const TextScorer& scorer, size_t begin, double* scores,
                   size_t* packed) {
    left_.Release(number);
    right_.Release(number);
    const bool checks_pairs = scorer.ChecksPairs();
    const size_t most = std::min(alive_.size(), begin + kBlockPairs);
    bool full = false;
    size_t at = begin;
    for (; at < most && !full; ++at) {
      const uint32_t pair = alive_[at];
      const Text* const left = left_.Prepared(number, left_rows_[pair]);
      const Text* const right = right_.Prepared(number, right_rows_[pair]);
      RowState state = RowState::kValue;
      if (left != nullptr && right != nullptr && !checks_pairs) {
        left_texts_[*packed] = *left;
        right_texts_[*packed] = *right;
      } else {
        state = ReadPair(number, pair, checks_pairs ? &scorer : nullptr, &left_texts_[*packed],
                         &right_texts_[*packed]);
        full = left_.full(number) || right_.full(number);
      }
      if (state == RowState::kValue) {
        packed_[(*packed)++] = pair;
      } else if (state == RowState::kNull && scores_.null_score_) {
        scores[pair] = *scores_.null_score_;
      } else {
        alive_[at] = kDropped;
      }
    }
    return at;
  }

  // Reads a pair's texts, which may be null, or amiss: then that is noted. `checks` tells of some
  // pairs, where it is given, that they have no score.
  RowState ReadPair(size_t number, uint32_t pair, const TextScorer* checks, Text* left,
                    Text* right) {
    absl::Status error;
    RowState state = left_.Read(number, left_rows_[pair], left, &error);
    if (state != RowState::kInvalid) {
      state = std::max(state, right_.Read(number, right_rows_[pair], right, &error));
    }
    if (state == RowState::kValue && checks != nullptr) {
      error = checks->CheckPair(*left, *right);
      if (!error.ok()) state = RowState::kInvalid;
    }
    if (state == RowState::kInvalid) failed_.emplace_back(pair, std::move(error));
    return state;
  }

  absl::Status Append(size_t first, size_t count, ResultBlock& out) {
    std::sort(failed_.begin(), failed_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    if (!failed_.empty() && scores_.row_errors_ == RowErrorPolicy::kFail) {
      const auto& [pair, error] = failed_.front();
      return scores_.names_rows_ ? AtRow(error, first + pair) : error;
    }
    size_t end = 0;  // of the pairs that are appended
    auto failed = failed_.begin();
    const auto append_nulls = [&](size_t until) {
      for (; failed != failed_.end() && failed->first < until; ++failed) {
        out.AppendNull(failed->first - end);
        out.AppendError({.row = first + failed->first,
                         .reason = ErrorReason(failed->second),
                         .message = std::string(failed->second.message())});
        end = failed->first + 1;
      }
      out.AppendNull(until - end);
    };
    for (const uint32_t pair : alive_) {
      const double score = Mean(pair);
      if (!scores_.Passes(score)) continue;
      append_nulls(pair);
      out.Append(std::span(&score, 1));
      end = pair + 1;
    }
    append_nulls(count);
    return absl::OkStatus();
  }

  // Added in the order of the columns, so that it does not matter in which they were scored.
  double Mean(size_t pair) const {
    double sum = 0;
    for (size_t i = 0; i < scores_.columns_.size(); ++i) {
      sum += scores_.columns_[i].weight * column_scores_[i * kPairs + pair];
    }
    return sum / scores_.weight_;
  }

  static constexpr uint32_t kDropped = std::numeric_limits<uint32_t>::max();

  const RecordScores& scores_;
  const StopToken stop_;
  RecordReader left_;
  RecordReader right_;
  // Of the pairs at hand, by their number among these: the records, and what they have so far.
  std::array<size_t, kPairs> left_rows_;
  std::array<size_t, kPairs> right_rows_;
  std::array<double, kPairs> sums_;
  std::vector<double> column_scores_;  // kPairs for each column
  std::vector<uint32_t> alive_;        // those that may pass, in ascending order
  std::vector<std::pair<size_t, absl::Status>> failed_;
  // Of those that are left, a block that is scored at once.
  std::array<Text, kBlockPairs> left_texts_;
  std::array<Text, kBlockPairs> right_texts_;
  std::array<uint32_t, kBlockPairs> packed_;
  std::array<double, kBlockPairs> block_scores_;
};

size_t RecordScores::TaskEnd(size_t begin, size_t rows, double budget_ns, double* cost_ns) const {
  Estimator estimator(*this);
  const auto cost = [&estimator](size_t pair) { return estimator(pair); };
  return define_internal::SampledTaskEnd(begin, rows, budget_ns, cost, cost_ns, columns_.size());
}

double RecordScores::CostNs(size_t rows) const {
  Estimator estimator(*this);
  const auto cost = [&estimator](size_t pair) { return estimator(pair); };
  return define_internal::SampledCostNs(rows, cost, columns_.size());
}

absl::Status RecordScores::Run(size_t begin, size_t end, const StopToken& stop,
                               ResultBlock& out) const {
  const auto task = std::make_unique<Task>(*this, stop);
  for (size_t first = begin; first < end; first += kPairs) {
    absl::Status status = task->Run(first, std::min(kPairs, end - first), out);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace kernelserve

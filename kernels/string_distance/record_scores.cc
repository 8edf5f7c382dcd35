#include "kernels/string_distance/record_scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/column_reader.h"
#include "kernels/define.h"
#include "kernels/error.h"
#include "kernels/number_reader.h"
#include "kernels/sample_row.h"
#include "kernels/text.h"
#include "kernels/text_scorer.h"

namespace kernelserve {
namespace {

constexpr DataType kResults[] = {DataType::kFloat64, DataType::kFloat32};

// Pairs scored together: those that are left for the last columns still make blocks.
constexpr size_t kPairs = 2048;
constexpr size_t kBlockPairs = TextReader::kReadBlockRows;

// Sums of products differ in their last digits by the order in which they are added.
constexpr double kSlack = 1e-9;

// Where a task stands in a column of records.
constexpr size_t kAnyRow = std::numeric_limits<size_t>::max();

absl::Status Refused(absl::string_view field, absl::string_view bound, double value) {
  const std::string shown = absl::StrCat(value);
  return MakeError(absl::StatusCode::kOutOfRange,
                   {.reason = "OUT_OF_RANGE", .field = field, .bound = bound, .value = shown},
                   absl::StrCat(field, " is ", shown, ", expected ", bound));
}

struct ScoredColumn {
  const Kernel* kernel;
  Binding binding;
  std::unique_ptr<TextScorer> scorer;  // without a cutoff
  double weight;
  double rest = 0;  // the best that the columns after this can add to a sum
  const ColumnView* left;
  const ColumnView* right;
  std::string left_field;
  std::string right_field;
};

struct Side {
  const ColumnView* rows = nullptr;  // none: pair i is of row i
  std::string field;
  size_t length = kAnyRow;  // of its columns
};

class RecordScores final : public BoundKernel {
 public:
  // `columns` and the scorers' order in a sum are as they came.
  RecordScores(std::vector<ScoredColumn> columns, Side left, Side right,
               const RecordScoring& scoring, const Binding& binding, DataType result_type)
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
    std::stable_sort(order_.begin(), order_.end(), [this](size_t a, size_t b) {
      return columns_[a].weight > columns_[b].weight;
    });
    for (const ScoredColumn& column : columns_) weight_ += column.weight;
    double rest = 0;
    for (size_t step = order_.size(); step-- > 0;) {
      ScoredColumn& column = columns_[order_[step]];
      column.rest = rest;
      rest += column.weight * Best(column);
    }
    if (score_cutoff_) wanted_ = *score_cutoff_ * weight_;
  }

  DataType result_type() const override { return result_type_; }
  uint64_t prepared_bytes() const override { return 0; }
  uint64_t ResultBytesMax(size_t rows) const override { return rows * FixedWidth(result_type_); }

  size_t TaskEnd(size_t begin, size_t rows, double budget_ns, double* cost_ns) const override;
  double CostNs(size_t rows) const override;
  absl::Status Run(size_t begin, size_t end, const StopToken& stop,
                   ResultBlock& out) const override;

 private:
  class Task;

  // What a column's score may be at best.
  double Best(const ScoredColumn& column) const {
    const double best = column.scorer->best();
    if (!null_score_) return best;
    return higher_ ? std::max(best, *null_score_) : std::min(best, *null_score_);
  }

  // Whether a pair with this sum can still pass, if what follows `column` is at its best.
  bool MayPass(const ScoredColumn& column, double sum) const {
    if (!score_cutoff_) return true;
    const double bound = sum + column.rest;
    const double slack = kSlack * std::max(1.0, std::abs(wanted_));
    return higher_ ? bound >= wanted_ - slack : bound <= wanted_ + slack;
  }

  // A cutoff for a column: of pairs that have at best `sum` so far, none passes that is worse.
  std::optional<double> CutoffOf(const ScoredColumn& column, double sum) const {
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

  std::vector<ScoredColumn> columns_;
  const Side left_;
  const Side right_;
  const std::optional<double> score_cutoff_;
  const std::optional<double> null_score_;
  const bool higher_;
  const bool names_rows_;
  const RowErrorPolicy row_errors_;
  const DataType result_type_;
  std::vector<size_t> order_;  // of columns, from the greatest weight on
  double weight_ = 0;          // of all columns
  double wanted_ = 0;          // the cutoff as a sum
};

// Reads and scores pairs for one thread.
class RecordScores::Task {
 public:
  Task(const RecordScores& scores, StopToken stop)
      : scores_(scores),
        stop_(std::move(stop)),
        left_rows_(RowReader(scores.left_)),
        right_rows_(RowReader(scores.right_)) {
    for (const ScoredColumn& column : scores.columns_) {
      left_.emplace_back(*column.left, column.left_field, column.binding.preprocessing);
      right_.emplace_back(*column.right, column.right_field, column.binding.preprocessing);
    }
  }

  // Nanoseconds, if all of a pair's columns are scored.
  double CostNs(size_t pair) {
    size_t left = 0;
    size_t right = 0;
    absl::Status error;
    if (ReadRow(scores_.left_, left_rows_, pair, &left, &error) != RowState::kValue ||
        ReadRow(scores_.right_, right_rows_, pair, &right, &error) != RowState::kValue) {
      return define_internal::kDefaultCostNs;
    }
    double cost_ns = 0;
    for (size_t i = 0; i < scores_.columns_.size(); ++i) {
      const auto left_bytes = static_cast<size_t>(left_[i].Size(left));
      const auto right_bytes = static_cast<size_t>(right_[i].Size(right));
      const ScoredColumn& column = scores_.columns_[i];
      cost_ns +=
          define_internal::ReadTextNs(left_bytes + right_bytes, column.binding.preprocessing) +
          column.scorer->CostNs(left_bytes, right_bytes);
    }
    return cost_ns;
  }

  // Appends the scores of pairs [first, first + count), of kPairs at most.
  absl::Status Run(size_t first, size_t count, ResultBlock& out) {
    Begin(first, count);
    for (const size_t column : scores_.order_) ScoreColumn(column);
    if (stop_.stopped()) return absl::CancelledError("stopped");
    return Append(first, count, out);
  }

 private:
  static std::optional<NumberReader<uint64_t>> RowReader(const Side& side) {
    if (side.rows == nullptr) return std::nullopt;
    return std::make_optional<NumberReader<uint64_t>>(*side.rows, side.field);
  }

  // Which row of a side's columns a pair has.
  static RowState ReadRow(const Side& side, std::optional<NumberReader<uint64_t>>& reader,
                          size_t pair, size_t* row, absl::Status* error) {
    if (!reader) {
      *row = pair;
      return RowState::kValue;
    }
    uint64_t number = 0;
    const RowState state = reader->Read(pair, &number);
    if (state == RowState::kInvalid) *error = reader->error();
    if (state != RowState::kValue) return state;
    if (number >= side.length) {
      const std::string bound = absl::StrCat("a row below ", side.length);
      const std::string value = absl::StrCat("row ", number);
      *error = MakeError(
          absl::StatusCode::kInvalidArgument,
          {.reason = "MALFORMED_COLUMN", .field = side.field, .bound = bound, .value = value},
          absl::StrCat(side.field, " has ", value, ", expected ", bound));
      return RowState::kInvalid;
    }
    *row = static_cast<size_t>(number);
    return RowState::kValue;
  }

  // Finds the records of the pairs.
  void Begin(size_t first, size_t count) {
    alive_.clear();
    failed_.clear();
    std::fill_n(sums_.begin(), count, 0.0);
    column_scores_.resize(scores_.columns_.size() * kPairs);
    for (size_t i = 0; i < count; ++i) {
      absl::Status error;
      RowState state = ReadRow(scores_.left_, left_rows_, first + i, &left_of_[i], &error);
      if (state == RowState::kValue) {
        state = ReadRow(scores_.right_, right_rows_, first + i, &right_of_[i], &error);
      }
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
      size_t packed = 0;
      const size_t begin = next;
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
    TextReader& left = left_[number];
    TextReader& right = right_[number];
    left.Release();
    right.Release();
    const bool checks_pairs = scorer.ChecksPairs();
    const size_t most = std::min(alive_.size(), begin + kBlockPairs);
    size_t at = begin;
    for (; at < most && !left.full() && !right.full(); ++at) {
      const uint32_t pair = alive_[at];
      Text left_text;
      Text right_text;
      const RowState left_state = left.Read(left_of_[pair], &left_text);
      const RowState right_state = right.Read(right_of_[pair], &right_text);
      absl::Status error;
      if (left_state == RowState::kInvalid) {
        error = left.error();
      } else if (right_state == RowState::kInvalid) {
        error = right.error();
      } else if (left_state == RowState::kNull || right_state == RowState::kNull) {
        if (scores_.null_score_) {
          scores[pair] = *scores_.null_score_;
        } else {
          alive_[at] = kDropped;
        }
        continue;
      } else if (checks_pairs) {
        error = scorer.CheckPair(left_text, right_text);
      }
      if (!error.ok()) {
        failed_.emplace_back(pair, std::move(error));
        alive_[at] = kDropped;
        continue;
      }
      left_texts_[*packed] = left_text;
      right_texts_[*packed] = right_text;
      packed_[(*packed)++] = pair;
    }
    return at;
  }

  absl::Status Append(size_t first, size_t count, ResultBlock& out) {
    std::sort(failed_.begin(), failed_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    if (!failed_.empty() && scores_.row_errors_ == RowErrorPolicy::kFail) {
      const auto& [pair, error] = failed_.front();
      return scores_.names_rows_ ? AtRow(error, first + pair) : error;
    }
    auto alive = alive_.begin();
    auto failed = failed_.begin();
    for (size_t i = 0; i < count; ++i) {
      if (failed != failed_.end() && failed->first == i) {
        out.AppendError({.row = first + i,
                         .reason = ErrorReason(failed->second),
                         .message = std::string(failed->second.message())});
        ++failed;
        continue;
      }
      if (alive == alive_.end() || *alive != i) {
        out.AppendNull();
        continue;
      }
      ++alive;
      const double score = Mean(i);
      if (Passes(score)) {
        out.Append(std::span(&score, 1));
      } else {
        out.AppendNull();
      }
    }
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

  bool Passes(double score) const {
    if (!scores_.score_cutoff_) return true;
    return scores_.higher_ ? score >= *scores_.score_cutoff_ : score <= *scores_.score_cutoff_;
  }

  static constexpr uint32_t kDropped = std::numeric_limits<uint32_t>::max();

  const RecordScores& scores_;
  const StopToken stop_;
  std::optional<NumberReader<uint64_t>> left_rows_;
  std::optional<NumberReader<uint64_t>> right_rows_;
  std::deque<TextReader> left_;  // one for each column; they can't be moved
  std::deque<TextReader> right_;
  // Of the pairs at hand, by their number among these: the records, and what they have so far.
  std::array<size_t, kPairs> left_of_;
  std::array<size_t, kPairs> right_of_;
  std::array<double, kPairs> sums_;
  std::vector<double> column_scores_;  // kPairs for each column
  std::vector<uint32_t> alive_;        // those that may pass, in ascending order
  std::vector<std::pair<size_t, absl::Status>> failed_;
  // Of those, a block that is scored at once.
  std::array<Text, kBlockPairs> left_texts_;
  std::array<Text, kBlockPairs> right_texts_;
  std::array<uint32_t, kBlockPairs> packed_;
  std::array<double, kBlockPairs> block_scores_;
};

size_t RecordScores::TaskEnd(size_t begin, size_t rows, double budget_ns, double* cost_ns) const {
  const auto task = std::make_unique<Task>(*this, StopToken());
  const auto cost = [&task](size_t pair) { return task->CostNs(pair); };
  return define_internal::SampledTaskEnd(begin, rows, budget_ns, cost, cost_ns);
}

double RecordScores::CostNs(size_t rows) const {
  const auto task = std::make_unique<Task>(*this, StopToken());
  return define_internal::SampledCostNs(rows, [&task](size_t pair) { return task->CostNs(pair); });
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

std::string ScorerField(size_t number, absl::string_view of) {
  return absl::StrCat("scorers[", number, "].", of);
}

// Refuses what can't be computed by, whatever the texts.
absl::Status CheckScoring(const RecordScoring& scoring) {
  for (size_t i = 0; i < scoring.scorers.size(); ++i) {
    const double weight = scoring.scorers[i].weight;
    if (!(weight > 0) || std::isinf(weight)) {
      return Refused(ScorerField(i, "weight"), "a number over 0", weight);
    }
  }
  for (const auto& [field, value] : {std::pair("score_cutoff", scoring.score_cutoff),
                                     std::pair("null_score", scoring.null_score)}) {
    if (value && !std::isfinite(*value)) return Refused(field, "a number", *value);
  }
  return absl::OkStatus();
}

absl::Status CannotBeAdded(const WeightedScorer& one, const WeightedScorer& other, size_t number) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      {.reason = "INVALID_ARGUMENT",
       .field = ScorerField(number, "scorer.name"),
       .bound = "distances alone, or similarities alone",
       .value = other.kernel->name},
      absl::StrCat("the scores of ", one.kernel->name, " and ", other.kernel->name,
                   " cannot be added: of distances, less is better, of similarities, more is"));
}

// What was bound to `columns`, in the order of DefineRecordScores.
class Binder {
 public:
  Binder(const RecordScoring& scoring, std::span<const Field> arguments,
         std::span<const ColumnView> columns)
      : scoring_(scoring), arguments_(arguments), columns_(columns) {}

  absl::StatusOr<std::unique_ptr<BoundKernel>> Bind(const Binding& binding) {
    if (absl::Status status = CheckScoring(scoring_); !status.ok()) return status;
    const absl::StatusOr<DataType> type =
        define_internal::ResultTypeOf("a mean by weight", kResults, binding.result_type);
    if (!type.ok()) return type.status();
    Side left;
    Side right;
    if (absl::Status status = TakeRows(scoring_.has_left_rows, &left); !status.ok()) return status;
    if (absl::Status status = TakeRows(scoring_.has_right_rows, &right); !status.ok()) {
      return status;
    }
    const size_t count = scoring_.scorers.size();
    std::vector<ScoredColumn> made(count);
    for (size_t i = 0; i < count; ++i) {
      const WeightedScorer& weighted = scoring_.scorers[i];
      absl::StatusOr<std::unique_ptr<TextScorer>> scorer =
          weighted.kernel->bind_scorer(weighted.binding);
      if (!scorer.ok()) {
        const std::string field = ErrorField(scorer.status());
        return WithField(scorer.status(), ScorerField(i, absl::StrCat("scorer.", field)));
      }
      made[i] = {.kernel = weighted.kernel,
                 .binding = weighted.binding,
                 .scorer = *std::move(scorer),
                 .weight = weighted.weight,
                 .left = &columns_[next_ + i],
                 .right = &columns_[next_ + count + i],
                 .left_field = arguments_[next_ + i].name,
                 .right_field = arguments_[next_ + count + i].name};
      if (made[i].scorer->higher_is_better() != made[0].scorer->higher_is_better()) {
        return CannotBeAdded(scoring_.scorers[0], weighted, i);
      }
      for (const auto& [column, field] : {std::pair(made[i].left, made[i].left_field),
                                          std::pair(made[i].right, made[i].right_field)}) {
        absl::Status status = CheckTextColumn(*column, field, weighted.binding.preprocessing);
        if (!status.ok()) return status;
      }
      if (!made[i].left->repeat) left.length = std::min<size_t>(left.length, made[i].left->length);
      if (!made[i].right->repeat) {
        right.length = std::min<size_t>(right.length, made[i].right->length);
      }
    }
    return std::make_unique<RecordScores>(std::move(made), std::move(left), std::move(right),
                                          scoring_, binding, *type);
  }

 private:
  absl::Status TakeRows(bool there, Side* side) {
    if (!there) return absl::OkStatus();
    const ColumnView& column = columns_[next_];
    side->rows = &column;
    side->field = arguments_[next_++].name;
    const DataType type = column.value_type();
    if (IsInteger(type) || type == DataType::kNull) return absl::OkStatus();
    return WrongColumnType(side->field, "an integer type", type);
  }

  const RecordScoring& scoring_;
  const std::span<const Field> arguments_;
  const std::span<const ColumnView> columns_;
  size_t next_ = 0;  // of the columns
};

}  // namespace

Kernel DefineRecordScores(RecordScoring scoring) {
  Kernel kernel;
  kernel.name = scoring.scorers.front().kernel->name;
  if (scoring.has_left_rows) kernel.arguments.push_back({.name = "left_rows"});
  if (scoring.has_right_rows) kernel.arguments.push_back({.name = "right_rows"});
  for (const char* side : {"left", "right"}) {
    for (size_t i = 0; i < scoring.scorers.size(); ++i) {
      kernel.arguments.push_back({.name = absl::StrCat(side, "[", i, "]")});
    }
  }
  kernel.results.assign(std::begin(kResults), std::end(kResults));
  kernel.fallible = true;
  kernel.bind = [scoring = std::move(scoring), arguments = kernel.arguments](
                    const Binding& binding, std::span<const ColumnView> columns) {
    return Binder(scoring, arguments, columns).Bind(binding);
  };
  return kernel;
}

}  // namespace kernelserve

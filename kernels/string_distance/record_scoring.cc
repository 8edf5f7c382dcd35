#include "kernels/string_distance/record_scoring.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/column_reader.h"
#include "kernels/define.h"
#include "kernels/error.h"
#include "kernels/string_distance/record_scores.h"
#include "kernels/string_distance/record_side.h"
#include "kernels/text_scorer.h"

namespace kernelserve {
namespace {

constexpr DataType kResults[] = {DataType::kFloat64, DataType::kFloat32};

std::string ScorerField(size_t number, absl::string_view of) {
  return absl::StrCat("scorers[", number, "].", of);
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

absl::Status CheckNumbers(const RecordScoring& scoring) {
  for (size_t i = 0; i < scoring.scorers.size(); ++i) {
    const double weight = scoring.scorers[i].weight;
    if (!(weight > 0) || std::isinf(weight)) {
      return OutOfRangeError(ScorerField(i, "weight"), "a number over 0", absl::StrCat(weight));
    }
  }
  for (const auto& [field, value] : {std::pair("score_cutoff", scoring.score_cutoff),
                                     std::pair("null_score", scoring.null_score)}) {
    if (value && !std::isfinite(*value)) {
      return OutOfRangeError(field, "a number", absl::StrCat(*value));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ScoredColumn>> BindScorers(const RecordScoring& scoring) {
  std::vector<ScoredColumn> bound;
  for (size_t i = 0; i < scoring.scorers.size(); ++i) {
    const WeightedScorer& weighted = scoring.scorers[i];
    absl::StatusOr<std::unique_ptr<TextScorer>> scorer =
        weighted.kernel->bind_scorer(weighted.binding);
    if (!scorer.ok()) {
      const std::string field = ErrorField(scorer.status());
      return WithField(scorer.status(), ScorerField(i, absl::StrCat("scorer.", field)));
    }
    bound.push_back({.kernel = weighted.kernel,
                     .binding = weighted.binding,
                     .scorer = *std::move(scorer),
                     .weight = weighted.weight});
    if (bound[i].scorer->higher_is_better() != bound[0].scorer->higher_is_better()) {
      return CannotBeAdded(scoring.scorers[0], weighted, i);
    }
  }
  return bound;
}

// Takes the columns of a call one after another, each as the next of the arguments.
class Columns {
 public:
  Columns(std::span<const Field> arguments, std::span<const ColumnView> columns)
      : arguments_(arguments), columns_(columns) {}

  absl::Status TakeRows(RecordSide* side) {
    side->rows = &columns_[next_];
    side->field = arguments_[next_++].name;
    const DataType type = side->rows->value_type();
    if (IsInteger(type) || type == DataType::kNull) return absl::OkStatus();
    return WrongColumnType(side->field, "an integer type", type);
  }

  absl::Status TakeTexts(const RecordScoring& scoring, RecordSide* side) {
    for (const WeightedScorer& weighted : scoring.scorers) {
      const ColumnView& column = columns_[next_];
      const std::string& field = arguments_[next_++].name;
      const Preprocessing preprocessing = weighted.binding.preprocessing;
      absl::Status status = CheckTextColumn(column, field, preprocessing);
      if (!status.ok()) return status;
      side->columns.push_back({&column, field, preprocessing});
      if (!column.repeat) side->length = std::min<size_t>(side->length, column.length);
    }
    return absl::OkStatus();
  }

 private:
  const std::span<const Field> arguments_;
  const std::span<const ColumnView> columns_;
  size_t next_ = 0;
};

absl::StatusOr<std::unique_ptr<BoundKernel>> Bind(const RecordScoring& scoring,
                                                  std::span<const Field> arguments,
                                                  const Binding& binding,
                                                  std::span<const ColumnView> columns) {
  if (absl::Status status = CheckNumbers(scoring); !status.ok()) return status;
  const absl::StatusOr<DataType> type =
      define_internal::ResultTypeOf("a mean by weight", kResults, binding.result_type);
  if (!type.ok()) return type.status();
  absl::StatusOr<std::vector<ScoredColumn>> scorers = BindScorers(scoring);
  if (!scorers.ok()) return scorers.status();
  RecordSide left;
  RecordSide right;
  Columns rest(arguments, columns);
  absl::Status status;
  if (scoring.has_left_rows) status.Update(rest.TakeRows(&left));
  if (scoring.has_right_rows) status.Update(rest.TakeRows(&right));
  status.Update(rest.TakeTexts(scoring, &left));
  status.Update(rest.TakeTexts(scoring, &right));
  if (!status.ok()) return status;
  return std::make_unique<RecordScores>(*std::move(scorers), std::move(left), std::move(right),
                                        scoring, binding, *type);
}

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
  kernel.bind = [scoring = std::move(scoring), arguments = kernel.arguments](
                    const Binding& binding, std::span<const ColumnView> columns) {
    return Bind(scoring, arguments, binding, columns);
  };
  return kernel;
}

}  // namespace kernelserve

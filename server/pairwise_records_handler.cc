#include "server/pairwise_records_handler.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "kernels/string_distance/record_scoring.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/limits.h"
#include "server/scorer.h"

namespace kernelserve::server {
namespace {

using Request = v1::PairwiseRecordsRequest;

class PairwiseRecordsHandler final : public BatchHandler {
 public:
  using BatchHandler::BatchHandler;

  // What is prepared takes memory that only the pool's calls have granted beforehand.
  bool IsSmall(const grpc::ByteBuffer& request) const override { return false; }
  // The catalog's own: it is told of when this handler is gone.
  absl::string_view kernel() const override { return first_scorer_->name; }

 protected:
  std::span<const uint32_t> column_fields() const override { return kColumns; }
  absl::Status Relocate(absl::Status status) const override { return InScorer(std::move(status)); }

  absl::Status ReadColumn(uint32_t number, Bytes encoded) override {
    if (number == Request::kLeftRowsFieldNumber) return ReadRows(encoded, &left_rows_);
    if (number == Request::kRightRowsFieldNumber) return ReadRows(encoded, &right_rows_);
    std::vector<RequestColumn>& columns = number == Request::kLeftFieldNumber ? left_ : right_;
    if (columns.size() == kColumnsMax / 2) {
      return TooManyColumns(
          number == Request::kLeftFieldNumber ? "left" : "right", kColumnsMax / 2,
          absl::StrCat("records have at most ", kColumnsMax / 2, " columns on either side"));
    }
    RequestColumn& column = columns.emplace_back();
    return DecodeColumn(encoded, &column.view, &column.spans);
  }

  absl::StatusOr<Batch> Read(const std::string& rest) override {
    if (absl::Status status = ParseRest(rest, &request_); !status.ok()) return status;
    const absl::StatusOr<DataType> type = DecodeResultType(request_.format().type(), "format.type");
    if (!type.ok()) return type.status();
    absl::StatusOr<RecordScoring> scoring = ReadScoring();
    if (!scoring.ok()) return scoring.status();
    first_scorer_ = scoring->scorers.front().kernel;
    kernel_ = DefineRecordScores(*std::move(scoring));
    Batch batch{
        .kernel = &kernel_,
        .binding = {.result_type = *type,
                    .row_errors = DecodeRowErrorPolicy(request_.format().row_errors())},
        .narrow = request_.format().narrow(),
        .reply = {.row_errors = v1::PairwiseRecordsResponse::kRowErrorsFieldNumber,
                  .column = v1::PairwiseRecordsResponse::kScoresFieldNumber},
        .result_span =
            request_.format().has_result_span() ? &request_.format().result_span() : nullptr,
        .result_span_field = "format.result_span",
    };
    for (std::optional<RequestColumn>* rows : {&left_rows_, &right_rows_}) {
      if (*rows) batch.columns.push_back(std::move(**rows));
    }
    absl::Status status = TakeColumns("left", left_rows_.has_value(), &left_, &batch.columns);
    if (!status.ok()) return status;
    status = TakeColumns("right", right_rows_.has_value(), &right_, &batch.columns);
    if (!status.ok()) return status;
    return batch;
  }

 private:
  static absl::Status ReadRows(Bytes encoded, std::optional<RequestColumn>* rows) {
    if (!*rows) rows->emplace();
    return DecodeColumn(encoded, &(*rows)->view, &(*rows)->spans);
  }

  absl::StatusOr<RecordScoring> ReadScoring() const {
    RecordScoring scoring{.has_left_rows = left_rows_.has_value(),
                          .has_right_rows = right_rows_.has_value()};
    const auto count = static_cast<size_t>(request_.scorers_size());
    if (count == 0 || left_.size() != count || right_.size() != count) {
      const std::string value = absl::StrCat(count, " scorers, ", left_.size(), " left and ",
                                             right_.size(), " right columns");
      return MakeError(absl::StatusCode::kInvalidArgument,
                       {.reason = "INVALID_ARGUMENT",
                        .field = "scorers",
                        .bound = "one or more, and as many columns on either side",
                        .value = value},
                       absl::StrCat("there are ", value,
                                    ", expected one scorer or more, and a column of either side "
                                    "for each"));
    }
    if (request_.has_score_cutoff()) scoring.score_cutoff = request_.score_cutoff();
    if (request_.has_null_score()) scoring.null_score = request_.null_score();
    for (size_t i = 0; i < count; ++i) {
      const v1::WeightedScorer& weighted = request_.scorers(static_cast<int>(i));
      const auto named = [i](absl::string_view field) {
        return absl::StrCat("scorers[", i, "].", field);
      };
      if (weighted.scorer().has_score_cutoff() || weighted.scorer().has_score_hint()) {
        const std::string field = named(weighted.scorer().has_score_cutoff() ? "scorer.score_cutoff"
                                                                             : "scorer.score_hint");
        return MakeError(absl::StatusCode::kInvalidArgument,
                         {.reason = "INVALID_ARGUMENT", .field = field, .bound = "not set"},
                         absl::StrCat(field, " is set: the one cutoff is for the mean"));
      }
      absl::StatusOr<BoundScorer> scorer = DecodeScorer(weighted.scorer());
      if (!scorer.ok()) return WithField(scorer.status(), named(ErrorField(scorer.status())));
      scoring.scorers.push_back({.kernel = scorer->kernel,
                                 .binding = std::move(scorer->binding),
                                 .weight = weighted.weight()});
    }
    return scoring;
  }

  // Of a side that has rows, the columns need only agree with each other.
  static absl::Status TakeColumns(absl::string_view side, bool has_rows,
                                  std::vector<RequestColumn>* from,
                                  std::vector<RequestColumn>* to) {
    std::optional<size_t> first;
    for (size_t i = 0; i < from->size(); ++i) {
      RequestColumn& column = (*from)[i];
      column.has_own_rows = has_rows;
      if (has_rows && !column.view.repeat) {
        if (!first) first = i;
        const uint64_t expected = (*from)[*first].view.length;
        if (column.view.length != expected) {
          return LengthMismatch(absl::StrCat(side, "[", i, "]"), column.view.length,
                                absl::StrCat(side, "[", *first, "]"), expected);
        }
      }
    }
    std::move(from->begin(), from->end(), std::back_inserter(*to));
    return absl::OkStatus();
  }

  static constexpr std::array<uint32_t, 4> kColumns = {
      Request::kLeftRowsFieldNumber, Request::kRightRowsFieldNumber, Request::kLeftFieldNumber,
      Request::kRightFieldNumber};
  std::optional<RequestColumn> left_rows_;
  std::optional<RequestColumn> right_rows_;
  std::vector<RequestColumn> left_;
  std::vector<RequestColumn> right_;
  Request request_;
  const Kernel* first_scorer_ = nullptr;
  Kernel kernel_;
};

}  // namespace

std::unique_ptr<UnaryHandler> MakePairwiseRecordsHandler(const BatchEnvironment& environment) {
  return std::make_unique<PairwiseRecordsHandler>(environment);
}

}  // namespace kernelserve::server

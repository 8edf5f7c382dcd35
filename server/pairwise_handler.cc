#include "server/pairwise_handler.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "kernelserve/v1/string_distance.pb.h"
#include "server/scorer.h"

namespace kernelserve::server {
namespace {

class PairwiseHandler final : public BatchHandler {
 public:
  using BatchHandler::BatchHandler;

 protected:
  std::span<const uint32_t> column_fields() const override { return kColumns; }
  absl::Status Relocate(absl::Status status) const override { return InScorer(std::move(status)); }

  absl::Status ReadColumn(uint32_t number, Bytes encoded) override {
    RequestColumn& column = columns_[number == kColumns[0] ? 0 : 1];
    return DecodeColumn(encoded, &column.view, &column.spans);
  }

  absl::StatusOr<Batch> Read(const std::string& rest) override {
    if (absl::Status status = ParseRest(rest, &request_); !status.ok()) return status;
    absl::StatusOr<BoundScorer> scorer = DecodeScorer(request_.scorer());
    if (!scorer.ok()) return scorer.status();
    const absl::StatusOr<DataType> type = DecodeResultType(request_.format().type(), "format.type");
    if (!type.ok()) return type.status();
    Batch batch{
        .kernel = scorer->kernel,
        .binding = std::move(scorer->binding),
        .narrow = request_.format().narrow(),
        .reply = {.row_errors = v1::PairwiseResponse::kRowErrorsFieldNumber,
                  .column = v1::PairwiseResponse::kScoresFieldNumber},
        .columns = std::move(columns_),
        .result_span =
            request_.format().has_result_span() ? &request_.format().result_span() : nullptr,
        .result_span_field = "format.result_span",
    };
    batch.binding.result_type = *type;
    batch.binding.row_errors = DecodeRowErrorPolicy(request_.format().row_errors());
    return batch;
  }

 private:
  static constexpr std::array<uint32_t, 2> kColumns = {v1::PairwiseRequest::kLeftFieldNumber,
                                                       v1::PairwiseRequest::kRightFieldNumber};
  std::vector<RequestColumn> columns_ = std::vector<RequestColumn>(2);
  v1::PairwiseRequest request_;
};

}  // namespace

std::unique_ptr<UnaryHandler> MakePairwiseHandler(const BatchEnvironment& environment) {
  return std::make_unique<PairwiseHandler>(environment);
}

}  // namespace kernelserve::server

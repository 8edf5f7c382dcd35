#include "server/run_handler.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kernels/catalog.h"
#include "kernelserve/v1/kernel.pb.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

class RunHandler final : public BatchHandler {
 public:
  using BatchHandler::BatchHandler;

 protected:
  std::span<const uint32_t> column_fields() const override { return kColumns; }

  absl::Status ReadColumn(uint32_t number, Bytes encoded) override {
    if (columns_.size() == kColumnsMax) {
      return TooManyColumns(
          "columns", kColumnsMax,
          absl::StrCat("a call has at most ", kColumnsMax, " columns, and no kernel takes more"));
    }
    RequestColumn& column = columns_.emplace_back();
    return DecodeColumn(encoded, &column.view, &column.spans);
  }

  absl::StatusOr<Batch> Read(const std::string& rest) override {
    if (absl::Status status = ParseRest(rest, &request_); !status.ok()) return status;
    const absl::StatusOr<const Kernel*> kernel = FindKernel(request_.kernel(), "kernel");
    if (!kernel.ok()) return kernel.status();
    absl::StatusOr<std::vector<Parameter>> parameters =
        DecodeParameters(request_.parameters(), **kernel);
    if (!parameters.ok()) return parameters.status();
    const absl::StatusOr<DataType> type = DecodeResultType(request_.result_type(), "result_type");
    if (!type.ok()) return type.status();
    return Batch{
        .kernel = *kernel,
        .binding = {.parameters = *std::move(parameters),
                    .result_type = *type,
                    .row_errors = DecodeRowErrorPolicy(request_.row_errors())},
        .rows = request_.rows(),
        .narrow = request_.narrow(),
        .reply = {.row_errors = v1::RunResponse::kRowErrorsFieldNumber,
                  .column = v1::RunResponse::kResultFieldNumber},
        .columns = std::move(columns_),
        .result_span = request_.has_result_span() ? &request_.result_span() : nullptr,
        .result_span_field = "result_span",
    };
  }

 private:
  static constexpr std::array<uint32_t, 1> kColumns = {v1::RunRequest::kColumnsFieldNumber};
  std::vector<RequestColumn> columns_;
  v1::RunRequest request_;
};

}  // namespace

std::unique_ptr<UnaryHandler> MakeRunHandler(const BatchEnvironment& environment) {
  return std::make_unique<RunHandler>(environment);
}

}  // namespace kernelserve::server

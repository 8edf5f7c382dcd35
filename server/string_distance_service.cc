#include "server/string_distance_service.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kernels/catalog.h"
#include "kernels/column_reader.h"
#include "kernels/error.h"
#include "server/text_column.h"

namespace kernelserve::server {
namespace {

constexpr absl::string_view kDefaultScorer = "levenshtein.distance";

absl::Status Unimplemented(absl::string_view what, absl::string_view field = {}) {
  return MakeError(absl::StatusCode::kUnimplemented, {.reason = "UNIMPLEMENTED", .field = field},
                   absl::StrCat("this server has no ", what,
                                " yet: GetServerInfo's capabilities tell what it has"));
}

// A kernel names its parameters and its results as RunRequest has them: here they are elsewhere.
absl::Status InScorer(absl::Status status) {
  const std::string field = ErrorField(status);
  if (absl::StartsWith(field, "parameters.")) {
    return WithField(std::move(status), absl::StrCat("scorer.", field));
  }
  return field == "result_type" ? WithField(std::move(status), "format.type") : status;
}

// The scorer and what it binds; views point into `scorer`.
struct BoundScorer {
  const Kernel* kernel;
  Binding binding;
};

absl::StatusOr<BoundScorer> DecodeScorer(const v1::Scorer& scorer) {
  if (scorer.preprocessing() != v1::PREPROCESSING_UNSPECIFIED) {
    return Unimplemented("scorer.preprocessing", "scorer.preprocessing");
  }
  const absl::string_view name =
      scorer.name().empty() ? kDefaultScorer : absl::string_view(scorer.name());
  const absl::StatusOr<const Kernel*> kernel = FindScorer(name, "scorer.name");
  if (!kernel.ok()) return kernel.status();
  absl::StatusOr<std::vector<Parameter>> parameters =
      DecodeParameters(scorer.parameters(), **kernel);
  if (!parameters.ok()) return InScorer(parameters.status());
  BoundScorer bound{*kernel, {.parameters = *std::move(parameters)}};
  if (scorer.has_score_cutoff()) bound.binding.score_cutoff = scorer.score_cutoff();
  if (scorer.has_score_hint()) bound.binding.score_hint = scorer.score_hint();
  return bound;
}

class CompareHandler final : public MessageHandler<v1::CompareRequest, v1::CompareResponse> {
 public:
  double cost_ns() const override { return cost_ns_; }

 protected:
  absl::Status Validate(const v1::CompareRequest& request) override {
    absl::StatusOr<BoundScorer> scorer = DecodeScorer(request.scorer());
    if (!scorer.ok()) return scorer.status();
    left_.emplace(request.left());
    right_.emplace(request.right());
    columns_ = {left_->view(), right_->view()};
    scorer->binding.names_rows = false;
    // Whole scores may be large: int64 is what the reply holds.
    if (IsInteger(scorer->kernel->results.front())) {
      const auto& results = scorer->kernel->results;
      if (std::find(results.begin(), results.end(), DataType::kInt64) != results.end()) {
        scorer->binding.result_type = DataType::kInt64;
      }
    }
    absl::StatusOr<std::unique_ptr<BoundKernel>> bound =
        scorer->kernel->bind(scorer->binding, columns_);
    if (!bound.ok()) return InScorer(bound.status());
    bound_ = *std::move(bound);
    cost_ns_ = bound_->CostNs(1);
    return absl::OkStatus();
  }

  absl::Status Compute(const v1::CompareRequest& request, StopToken stop,
                       v1::CompareResponse* response) override {
    ResultBlock block(bound_->result_type(), 1);
    if (absl::Status status = bound_->Run(0, 1, stop, block); !status.ok()) return status;
    const uint8_t* value = block.values().data();
    switch (block.type()) {
      case DataType::kInt64:
        response->mutable_score()->set_integer(LoadUnaligned<int64_t>(value, 0));
        break;
      case DataType::kInt32:
        response->mutable_score()->set_integer(LoadUnaligned<int32_t>(value, 0));
        break;
      default:
        response->mutable_score()->set_real(LoadUnaligned<double>(value, 0));
        break;
    }
    return absl::OkStatus();
  }

 private:
  std::optional<TextColumn> left_;
  std::optional<TextColumn> right_;
  std::array<ColumnView, 2> columns_;
  std::unique_ptr<BoundKernel> bound_;
  double cost_ns_ = 0;
};

v1::EditKind EncodeEditKind(EditKind kind) {
  switch (kind) {
    case EditKind::kInsertion:
      return v1::EDIT_KIND_INSERT;
    case EditKind::kDeletion:
      return v1::EDIT_KIND_DELETE;
    case EditKind::kSubstitution:
      return v1::EDIT_KIND_REPLACE;
  }
  return v1::EDIT_KIND_UNSPECIFIED;
}

class EditScriptHandler final
    : public MessageHandler<v1::EditScriptRequest, v1::EditScriptResponse> {
 public:
  double cost_ns() const override { return cost_ns_; }
  uint64_t memory_bytes() const override { return memory_bytes_; }

 protected:
  absl::Status Validate(const v1::EditScriptRequest& request) override {
    const absl::StatusOr<BoundScorer> scorer = DecodeScorer(request.scorer());
    if (!scorer.ok()) return scorer.status();
    kernel_ = scorer->kernel;
    if (!kernel_->editops) {
      return MakeError(absl::StatusCode::kUnimplemented,
                       {.reason = "UNIMPLEMENTED", .field = "scorer.name", .value = kernel_->name},
                       absl::StrCat("the scorer '", kernel_->name, "' has no edit script"));
    }
    left_.emplace(request.left());
    right_.emplace(request.right());
    cost_ns_ = kernel_->editops_cost_ns(left_->size(), right_->size());
    // The texts are decoded, and the kernel makes a copy of its own, of 4 bytes a unit at most
    // each. There is the script, and then the reply as a message, three numbers of 4 bytes an edit,
    // and encoded: positions take up to 5 bytes, and a kind one.
    const uint64_t edits_max = std::max(left_->size(), right_->size());
    memory_bytes_ = 2 * 4 * (left_->size() + right_->size()) +
                    kernel_->editops_bytes_max(left_->size(), right_->size()) +
                    (3 * 4 + 5 + 5 + 1) * edits_max;
    return absl::OkStatus();
  }

  absl::Status Compute(const v1::EditScriptRequest& request, StopToken stop,
                       v1::EditScriptResponse* response) override {
    TextReader left_reader(left_->view(), "left");
    TextReader right_reader(right_->view(), "right");
    Text left;
    Text right;
    if (left_reader.Read(0, &left) == RowState::kInvalid) return left_reader.error();
    if (right_reader.Read(0, &right) == RowState::kInvalid) return right_reader.error();
    const Editops edits = kernel_->editops(left, right, stop);
    response->set_left_length(left.size());
    response->set_right_length(right.size());
    response->mutable_kinds()->Reserve(static_cast<int>(edits.size()));
    for (const EditKind kind : edits.kinds) response->add_kinds(EncodeEditKind(kind));
    response->mutable_left_positions()->Assign(edits.left_positions.begin(),
                                               edits.left_positions.end());
    response->mutable_right_positions()->Assign(edits.right_positions.begin(),
                                                edits.right_positions.end());
    return absl::OkStatus();
  }

 private:
  const Kernel* kernel_ = nullptr;
  std::optional<TextColumn> left_;
  std::optional<TextColumn> right_;
  double cost_ns_ = 0;
  uint64_t memory_bytes_ = 0;
};

class PairwiseHandler final : public BatchHandler {
 public:
  using BatchHandler::BatchHandler;

 protected:
  std::span<const uint32_t> column_fields() const override { return kColumns; }
  absl::Status Relocate(absl::Status status) const override { return InScorer(std::move(status)); }

  absl::Status ReadColumn(uint32_t number, Bytes encoded) override {
    return DecodeColumn(encoded, &columns_[number == kColumns[0] ? 0 : 1]);
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
    };
    batch.binding.result_type = *type;
    batch.binding.row_errors = DecodeRowErrorPolicy(request_.format().row_errors());
    return batch;
  }

 private:
  static constexpr std::array<uint32_t, 2> kColumns = {v1::PairwiseRequest::kLeftFieldNumber,
                                                       v1::PairwiseRequest::kRightFieldNumber};
  std::vector<ColumnView> columns_ =
      std::vector<ColumnView>(2, ColumnView{.type = DataType::kUnspecified});
  v1::PairwiseRequest request_;
};

// Methods of the contract that this server does not have yet.
class UnimplementedHandler final : public UnaryHandler {
 public:
  explicit UnimplementedHandler(absl::string_view method) : method_(method) {}

  absl::Status Decode(const grpc::ByteBuffer&) override { return Unimplemented(method_); }
  uint64_t memory_bytes() const override { return 0; }
  uint64_t rows() const override { return 0; }
  double cost_ns() const override { return 0; }
  absl::Status Run(uint64_t, uint64_t, StopToken) override { return Unimplemented(method_); }
  absl::StatusOr<grpc::ByteBuffer> Encode() override { return Unimplemented(method_); }

 private:
  const absl::string_view method_;
};

class UnimplementedStream final : public StreamHandler {
 public:
  explicit UnimplementedStream(absl::string_view method) : method_(method) {}

  absl::Status Decode(const grpc::ByteBuffer&) override { return Unimplemented(method_); }
  uint64_t memory_bytes() const override { return 0; }
  double cost_ns() const override { return 0; }
  absl::StatusOr<std::unique_ptr<Block>> NextBlock() override { return Unimplemented(method_); }

 private:
  const absl::string_view method_;
};

}  // namespace

grpc::ServerUnaryReactor* StringDistanceService::Compare(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request,
                                                         grpc::ByteBuffer* response) {
  return ServeUnary(calls_, context, request, response, std::make_unique<CompareHandler>());
}

grpc::ServerUnaryReactor* StringDistanceService::EditScript(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* request,
                                                            grpc::ByteBuffer* response) {
  return ServeUnary(calls_, context, request, response, std::make_unique<EditScriptHandler>());
}

grpc::ServerUnaryReactor* StringDistanceService::Align(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return ServeUnary(calls_, context, request, response,
                    std::make_unique<UnimplementedHandler>("Align"));
}

grpc::ServerUnaryReactor* StringDistanceService::Pairwise(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request,
                                                          grpc::ByteBuffer* response) {
  return ServeUnary(calls_, context, request, response,
                    std::make_unique<PairwiseHandler>(batches_));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StringDistanceService::Cdist(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServeStream(calls_, context, request, std::make_unique<UnimplementedStream>("Cdist"));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StringDistanceService::TopK(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServeStream(calls_, context, request, std::make_unique<UnimplementedStream>("TopK"));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StringDistanceService::Join(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServeStream(calls_, context, request, std::make_unique<UnimplementedStream>("Join"));
}

}  // namespace kernelserve::server

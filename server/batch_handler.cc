#include "server/batch_handler.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"

namespace kernelserve::server {
absl::Status LengthMismatch(absl::string_view field, uint64_t length, absl::string_view other,
                            uint64_t expected) {
  const std::string bound = absl::StrCat(expected, " rows, as ", other);
  const std::string value = absl::StrCat(length, " rows");
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "LENGTH_MISMATCH", .field = field, .bound = bound, .value = value},
                   absl::StrCat(field, " has ", value, ", but ", other, " has ", expected,
                                "; a single value for every row is a column with repeat set"));
}

absl::Status TooMuch(absl::string_view reason, absl::string_view what, uint64_t value,
                     uint64_t most, absl::string_view unit) {
  const std::string bound = absl::StrCat("at most ", most, " ", unit);
  const std::string received = absl::StrCat(value, " ", unit);
  return MakeError(absl::StatusCode::kResourceExhausted,
                   {.reason = reason, .field = what, .bound = bound, .value = received},
                   absl::StrCat("the call's ", what, " are ", received, ", and the server takes ",
                                bound, " in one call: send fewer rows at a time"));
}

absl::Status TooManyColumns(absl::string_view field, size_t most, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "INVALID_ARGUMENT",
                    .field = field,
                    .bound = absl::StrCat("at most ", most, " columns"),
                    .value = absl::StrCat("over ", most, " columns")},
                   message);
}

bool BatchHandler::IsSmall(const grpc::ByteBuffer& request) const {
  if (!UnaryHandler::IsSmall(request)) return false;
  if (environment_.shared_memory.regions->empty()) return true;
  grpc::Slice slice;
  if (!request.DumpToSingleSlice(&slice).ok()) return false;
  bool small = true;
  const auto split = SplitColumns({slice.begin(), slice.size()}, column_fields(),
                                  [&small](uint32_t, Bytes encoded) {
                                    small = small && !MayHaveSpans(encoded);
                                    return absl::OkStatus();
                                  });
  return small;
}

absl::Status BatchHandler::Decode(const grpc::ByteBuffer& request) {
  absl::StatusOr<Buffer> copy = CopyBytes(request, environment_.buffers);
  if (!copy.ok()) return copy.status();
  request_ = *std::move(copy);
  const absl::StatusOr<std::string> rest =
      SplitColumns({request_.data(), request_.size()}, column_fields(),
                   [this](uint32_t number, Bytes encoded) { return ReadColumn(number, encoded); });
  if (!rest.ok()) return rest.status();
  absl::StatusOr<Batch> batch = Read(*rest);
  if (!batch.ok()) return batch.status();
  batch_ = *std::move(batch);

  const Kernel& kernel = *batch_.kernel;
  if (batch_.columns.size() != kernel.arguments.size()) {
    const std::string bound = absl::StrCat(kernel.arguments.size(), " columns");
    const std::string value = absl::StrCat(batch_.columns.size(), " columns");
    return MakeError(
        absl::StatusCode::kInvalidArgument,
        {.reason = "INVALID_ARGUMENT", .field = "columns", .bound = bound, .value = value},
        absl::StrCat(kernel.name, " takes ", bound, ", got ", value));
  }
  if (absl::Status status = FetchSpans(); !status.ok()) return status;
  for (size_t i = 0; i < columns_.size(); ++i) {
    absl::Status status = ValidateLayout(columns_[i], kernel.arguments[i].name);
    if (!status.ok()) return status;
  }
  if (absl::Status status = CountRows(); !status.ok()) return status;

  batch_.binding.limits = environment_.kernel_limits;
  absl::StatusOr<std::unique_ptr<BoundKernel>> bound = kernel.bind(batch_.binding, columns_);
  if (!bound.ok()) return Relocate(bound.status());
  bound_ = *std::move(bound);
  result_bytes_max_ = bound_->ResultBytesMax(rows_);
  if (result_bytes_max_ > environment_.result_bytes_max) {
    return TooMuch("RESULT_TOO_LARGE", "results", result_bytes_max_, environment_.result_bytes_max,
                   "bytes");
  }
  cost_ns_ = bound_->CostNs(rows_);
  return absl::OkStatus();
}

absl::Status BatchHandler::FetchSpans() {
  std::vector<SpanBuffers::Source> sources;
  columns_.reserve(batch_.columns.size());
  for (size_t i = 0; i < batch_.columns.size(); ++i) {
    RequestColumn& column = batch_.columns[i];
    columns_.push_back(std::move(column.view));
    sources.push_back({&column.spans, &columns_.back(), batch_.kernel->arguments[i].name});
  }
  if (absl::Status status = shared_.Fetch(environment_.shared_memory, sources); !status.ok()) {
    return status;
  }
  if (batch_.result_span == nullptr) return absl::OkStatus();
  absl::StatusOr<ResultPlace> place = ResultPlace::Begin(
      *environment_.shared_memory.regions, *batch_.result_span, batch_.result_span_field);
  if (!place.ok()) return place.status();
  result_place_ = *std::move(place);
  return absl::OkStatus();
}

absl::Status BatchHandler::CountRows() {
  const Kernel& kernel = *batch_.kernel;
  // The first word on the number of rows, and whose it was.
  bool known = batch_.rows > 0;
  std::string whose = "rows";
  rows_ = known ? batch_.rows : 1;
  uint64_t own_rows = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const ColumnView& column = columns_[i];
    if (column.repeat) continue;
    if (batch_.columns[i].has_own_rows) {
      // Of all columns together: nulls take no bytes, however many there are, and all are decoded.
      own_rows += column.length;
      if (own_rows > environment_.rows_max) {
        return TooMuch("TOO_MANY_ROWS", "rows", own_rows, environment_.rows_max, "rows");
      }
      continue;
    }
    if (known && column.length != rows_) {
      return LengthMismatch(kernel.arguments[i].name, column.length, whose, rows_);
    }
    if (!known) whose = kernel.arguments[i].name;
    known = true;
    rows_ = column.length;
  }
  if (rows_ > environment_.rows_max) {
    return TooMuch("TOO_MANY_ROWS", "rows", rows_, environment_.rows_max, "rows");
  }
  return absl::OkStatus();
}

uint64_t BatchHandler::memory_bytes() const {
  // The results as tasks leave them, and once more as the reply.
  return 2 * result_bytes_max_ + bound_->prepared_bytes();
}

uint64_t BatchHandler::TaskEnd(uint64_t begin, double budget_ns, double* cost_ns) const {
  return bound_->TaskEnd(begin, rows_, budget_ns, cost_ns);
}

absl::Status BatchHandler::Run(uint64_t begin, uint64_t end, StopToken stop) {
  ResultBlock block(bound_->result_type(), end - begin);
  if (absl::Status status = bound_->Run(begin, end, stop, block); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  blocks_.emplace_back(begin, std::move(block));
  return absl::OkStatus();
}

absl::StatusOr<grpc::ByteBuffer> BatchHandler::Encode() {
  std::sort(blocks_.begin(), blocks_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ResultBlock> blocks;
  blocks.reserve(blocks_.size());
  for (auto& [begin, block] : blocks_) blocks.push_back(std::move(block));
  blocks_.clear();
  BufferSink sink;
  if (result_place_.has_value()) {
    sink = [this](std::span<const Bytes> buffers) { return result_place_->Write(buffers); };
  }
  absl::StatusOr<std::string> reply = EncodeReply(
      blocks, {.type = bound_->result_type(), .narrow = batch_.narrow}, batch_.reply, sink);
  if (!reply.ok()) return reply.status();
  return AsByteBuffer(*std::move(reply));
}

absl::StatusOr<std::vector<Parameter>> DecodeParameters(
    const google::protobuf::RepeatedPtrField<v1::Parameter>& parameters, const Kernel& kernel) {
  std::vector<Parameter> decoded;
  for (const v1::Parameter& parameter : parameters) {
    // Of one more than the kernel has, with different names, one is none of its: binding says
    // which.
    if (decoded.size() > kernel.parameters.size()) break;
    absl::StatusOr<Parameter> one = DecodeParameter(parameter);
    if (!one.ok()) return one.status();
    for (const Parameter& other : decoded) {
      if (other.name != one->name) continue;
      const std::string field = absl::StrCat("parameters.", one->name.substr(0, 100));
      return MakeError(absl::StatusCode::kInvalidArgument,
                       {.reason = "INVALID_ARGUMENT", .field = field},
                       absl::StrCat(field, " is given twice"));
    }
    decoded.push_back(*std::move(one));
  }
  return decoded;
}

RowErrorPolicy DecodeRowErrorPolicy(v1::RowErrorPolicy policy) {
  return policy == v1::ROW_ERROR_POLICY_NULL ? RowErrorPolicy::kNull : RowErrorPolicy::kFail;
}

absl::StatusOr<DataType> DecodeResultType(v1::DataType type, absl::string_view field) {
  if (v1::DataType_IsValid(type)) return static_cast<DataType>(type);
  const std::string value = absl::StrCat(static_cast<int>(type));
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "WRONG_TYPE", .field = field, .bound = "a DataType", .value = value},
                   absl::StrCat(field, " is ", value, ", which is no type that this server has"));
}

}  // namespace kernelserve::server

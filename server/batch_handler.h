#ifndef KERNELSERVE_SERVER_BATCH_HANDLER_H_
#define KERNELSERVE_SERVER_BATCH_HANDLER_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"
#include "kernels/column.h"
#include "kernels/kernel.h"
#include "kernels/result_block.h"
#include "kernelserve/v1/types.pb.h"
#include "server/call.h"
#include "server/columns/buffer_pool.h"
#include "server/columns/decoder.h"
#include "server/columns/encoder.h"
#include "server/shared_memory/span_buffers.h"

namespace kernelserve::server {

// What bounds a call over columns, and where its memory comes from. Outlives the calls.
struct BatchEnvironment {
  BufferPool* buffers;
  SharedMemory shared_memory;
  uint64_t rows_max;
  uint64_t result_bytes_max;
  KernelLimits kernel_limits;
};

// LENGTH_MISMATCH: the column `field` has `length` rows, but `other` has `expected`.
absl::Status LengthMismatch(absl::string_view field, uint64_t length, absl::string_view other,
                            uint64_t expected);

// TOO_MANY_ROWS or RESULT_TOO_LARGE: the call's `what`, in `unit`s.
absl::Status TooMuch(absl::string_view reason, absl::string_view what, uint64_t value,
                     uint64_t most, absl::string_view unit);

// INVALID_ARGUMENT: there are more columns than `most` under `field`; `message` says so to people.
absl::Status TooManyColumns(absl::string_view field, size_t most, absl::string_view message);

// A column of a request: views of the request's copy, and the buffers that lie in regions instead.
struct RequestColumn {
  ColumnView view{.type = DataType::kUnspecified};
  v1::Column spans = {};
  bool has_own_rows = false;  // which the call's rows point to, however many those are
};

// A kernel over the rows of some columns: what Pairwise and Run are, but for their messages. The
// request is copied once, and its columns stay where they are in the copy; what of them lies in
// shared memory is copied, too.
class BatchHandler : public UnaryHandler {
 public:
  explicit BatchHandler(const BatchEnvironment& environment) : environment_(environment) {}

  bool IsSmall(const grpc::ByteBuffer& request) const override;
  absl::Status Decode(const grpc::ByteBuffer& request) final;
  uint64_t memory_bytes() const final;
  absl::string_view kernel() const override { return batch_.kernel->name; }
  uint64_t rows() const final { return rows_; }
  double cost_ns() const final { return cost_ns_; }
  absl::Status Prepare(StopToken stop) final { return bound_->Prepare(stop); }
  uint64_t TaskEnd(uint64_t begin, double budget_ns, double* cost_ns) const final;
  absl::Status Run(uint64_t begin, uint64_t end, StopToken stop) final;
  absl::StatusOr<grpc::ByteBuffer> Encode() final;

 protected:
  // What a request asks for.
  struct Batch {
    const Kernel* kernel = nullptr;
    Binding binding;
    uint64_t rows = 0;  // 0: as many as the columns have
    bool narrow = false;
    ReplyFields reply;
    std::vector<RequestColumn> columns;  // one for each argument
    const v1::RegionSpan* result_span = nullptr;
    absl::string_view result_span_field = {};  // its path in this request
  };

  // The numbers of the request's column fields.
  virtual std::span<const uint32_t> column_fields() const = 0;
  // Takes in one occurrence of such a field.
  virtual absl::Status ReadColumn(uint32_t number, Bytes encoded) = 0;
  // Reads the rest of the request. Whatever the batch points into stays with the handler.
  virtual absl::StatusOr<Batch> Read(const std::string& rest) = 0;
  // The same error with its field's path in this request; the kernel names it as RunRequest does.
  virtual absl::Status Relocate(absl::Status status) const { return status; }

 private:
  absl::Status FetchSpans();
  absl::Status CountRows();

  const BatchEnvironment& environment_;
  Buffer request_;
  SpanBuffers shared_;
  Batch batch_;
  std::vector<ColumnView> columns_;  // of batch_
  std::optional<ResultPlace> result_place_;
  std::unique_ptr<BoundKernel> bound_;
  uint64_t rows_ = 0;
  uint64_t result_bytes_max_ = 0;
  double cost_ns_ = 0;

  std::mutex mutex_;
  std::vector<std::pair<uint64_t, ResultBlock>> blocks_;  // by first row; guarded by mutex_
};

// The parameters of a request as `kernel` takes them. Views point into `parameters`. An error where
// one is given twice; the first that the kernel doesn't have is there for it to refuse, and beyond
// that nothing is looked at: the time is linear, however many there are.
absl::StatusOr<std::vector<Parameter>> DecodeParameters(
    const google::protobuf::RepeatedPtrField<v1::Parameter>& parameters, const Kernel& kernel);

RowErrorPolicy DecodeRowErrorPolicy(v1::RowErrorPolicy policy);

// WRONG_TYPE for a number that names no type: `field` is where it stood.
absl::StatusOr<DataType> DecodeResultType(v1::DataType type, absl::string_view field);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_BATCH_HANDLER_H_

#ifndef KERNELSERVE_SERVER_CROSS_CROSS_REQUEST_H_
#define KERNELSERVE_SERVER_CROSS_CROSS_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "grpcpp/support/byte_buffer.h"
#include "kernels/column.h"
#include "kernels/kernel.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/batch_handler.h"
#include "server/columns/buffer_pool.h"
#include "server/shared_memory/span_buffers.h"

namespace kernelserve::server {

enum class CrossMethod : uint8_t { kCdist, kTopK, kJoin };

// A request of Cdist, TopK or Join, which differ in a field or two. Views point into `bytes`,
// `shared` and `options`, so that it stays where it is.
struct CrossRequest {
  enum class Choices : uint8_t { kNone, kDigest, kCollection, kColumn };

  CrossRequest() = default;
  CrossRequest(const CrossRequest&) = delete;
  CrossRequest& operator=(const CrossRequest&) = delete;

  CrossMethod method = CrossMethod::kCdist;
  Buffer bytes;
  std::optional<SpanBuffers> shared;  // what of its columns lies in regions
  v1::CrossOptions options;
  size_t k = 0;              // of TopK
  uint64_t matches_max = 0;  // of Join; 0: no bound

  const Kernel* kernel = nullptr;
  Binding binding;

  RequestColumn queries;
  std::optional<RequestColumn> query_cutoffs;
  // Of digest, collection and column, the last one in the message counts, as protobuf has it.
  Choices choices_by = Choices::kNone;
  std::string digest;
  RequestColumn choices;
  std::optional<ResultPlace> result_place;  // of Cdist

  // The queries to score: [begin, end).
  size_t begin = 0;
  size_t end = 0;
};

// Reads and checks all of a request but its texts. Its `method` is set; the rest is not.
absl::Status DecodeCrossRequest(const grpc::ByteBuffer& bytes, const BatchEnvironment& environment,
                                CrossRequest* request);

// The same error with its field's path in these requests: a kernel names its parameters and its
// results as RunRequest has them, and whoever decodes a scorer as the message around it does.
absl::Status InCrossOptions(absl::Status status);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_CROSS_REQUEST_H_

#include "server/message.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "kernels/error.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

// gRPC shows neither a buffer's compression nor, to const readers, the buffer itself.
class Reader : public grpc::ProtoBufferReader {
 public:
  explicit Reader(const grpc::ByteBuffer& bytes)
      : ProtoBufferReader(const_cast<grpc::ByteBuffer*>(&bytes)) {}

  bool compressed() {
    return status().ok() && reader()->buffer_in->data.raw.compression != GRPC_COMPRESS_NONE;
  }
};

}  // namespace

absl::StatusOr<Buffer> CopyBytes(const grpc::ByteBuffer& bytes, BufferPool* pool) {
  Buffer buffer = pool->Take(bytes.Length());
  // 20 to 25 slices a MiB: they are copied once, and gRPC's own memory is free again.
  std::vector<grpc::Slice> slices;
  if (const grpc::Status status = bytes.Dump(&slices); !status.ok()) {
    return absl::InternalError(
        absl::StrCat("the request can't be read from gRPC: ", status.error_message()));
  }
  uint8_t* to = buffer.data();
  for (const grpc::Slice& slice : slices) {
    to = std::copy(slice.begin(), slice.end(), to);  // of none, memcpy must not have a null
  }
  return buffer;
}

grpc::ByteBuffer AsByteBuffer(std::string bytes) {
  auto* owned = new std::string(std::move(bytes));
  const grpc::Slice slice(
      owned->data(), owned->size(), [](void* text) { delete static_cast<std::string*>(text); },
      owned);
  return grpc::ByteBuffer(&slice, 1);
}

bool IsCompressed(const grpc::ByteBuffer& bytes) { return Reader(bytes).compressed(); }

absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message) {
  Reader reader(bytes);
  if (message->ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "MALFORMED_MESSAGE",
                    .field = "",
                    .bound = message->GetTypeName(),
                    .value = absl::StrCat(bytes.Length(), " bytes")},
                   absl::StrCat("the request's ", bytes.Length(), " bytes are not a ",
                                message->GetTypeName(), " message"));
}

absl::StatusOr<grpc::ByteBuffer> SerializeMessage(const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  if (size > kResultBytesMax) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     {.reason = "RESULT_TOO_LARGE",
                      .field = "",
                      .bound = absl::StrCat("at most ", kResultBytesMax, " bytes"),
                      .value = absl::StrCat(size)},
                     absl::StrCat("the reply has ", size, " bytes and may have ", kResultBytesMax,
                                  ": ask for less at a time"));
  }
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_MESSAGE_H_
#define KERNELSERVE_SERVER_MESSAGE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/support/byte_buffer.h"
#include "server/columns/buffer_pool.h"

namespace kernelserve::server {

// Parses all of `bytes` into *message. MALFORMED_MESSAGE where they are not such a message.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message);

// RESULT_TOO_LARGE where the message is over kResultBytesMax.
absl::StatusOr<grpc::ByteBuffer> SerializeMessage(const google::protobuf::MessageLite& message);

// `bytes` in one piece, in memory of `pool`.
absl::StatusOr<Buffer> CopyBytes(const grpc::ByteBuffer& bytes, BufferPool* pool);

// Hands the bytes over without copying them.
grpc::ByteBuffer AsByteBuffer(std::string bytes);

// Whether the client compressed the message. (gRPC's decompression is off: see server.cc.)
bool IsCompressed(const grpc::ByteBuffer& bytes);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_MESSAGE_H_

// A bound on headers that do not end (CVE-2023-33953), which gRPC 1.51 lacks: of a block in several
// frames it keeps what it cannot read yet, and begins anew with each frame, so that 15 MB in small
// parts took 77 MB and 11 seconds. A connection whose block has had kHeaderBlockBytes and goes on
// is ended here.
//
// gRPC has no place for that, so three of its own functions are wrapped by the linker
// (CMakeLists.txt: --wrap), declared as its header has them: the begin of a frame of headers, the
// reading of some bytes of one, and the end of a connection's parser. Where gRPC is of another
// release, or a shared library, nothing is wrapped.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grpc/slice.h"
#include "server/limits.h"

struct grpc_chttp2_transport;
struct grpc_chttp2_stream;

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.

namespace kernelserve::server {

namespace hpack {

// HPackParser's own types, as passed by value. (In no unnamed namespace, or the functions would be
// unseen by the linker.)
enum class Boundary : uint8_t { kNone, kEndOfHeaders, kEndOfStream };
enum class Priority : uint8_t { kNone, kIncluded };
struct LogInfo {
  uint32_t stream_id;
  uint8_t type;
  bool is_client;
};
static_assert(sizeof(LogInfo) == 8);  // in a register

}  // namespace hpack

namespace {

// Parsers that are within a block that goes on, with the bytes it has had. Mostly there is none.
class OpenBlocks {
 public:
  void Begin(const void* parser, bool goes_on) {
    if (!goes_on && open_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard lock(mutex_);
    if (goes_on) {
      bytes_[parser] += kHeaderFrameBytes;
    } else {
      bytes_.erase(parser);
    }
    open_ = bytes_.size();
  }

  // Whether it may go on.
  bool Add(const void* parser, size_t bytes) {
    if (open_.load(std::memory_order_relaxed) == 0) return true;
    const std::lock_guard lock(mutex_);
    const auto it = bytes_.find(parser);
    return it == bytes_.end() || (it->second += bytes) <= kHeaderBlockBytes;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const void*, size_t> bytes_;  // guarded by mutex_
  std::atomic<size_t> open_ = 0;
};

OpenBlocks& open_blocks() {
  static auto* const blocks = new OpenBlocks;  // gRPC's threads may outlive static objects
  return *blocks;
}

}  // namespace
}  // namespace kernelserve::server

using kernelserve::server::open_blocks;
using kernelserve::server::hpack::Boundary;
using kernelserve::server::hpack::LogInfo;
using kernelserve::server::hpack::Priority;

#define HPACK_PARSER(function) "_ZN9grpc_core11HPackParser" function
#define HEADER_PARSER_PARSE                                               \
  "_Z31grpc_chttp2_header_parser_parsePvP21grpc_chttp2_transportP18grpc_" \
  "chttp2_streamRK10grpc_slicei"
#define BEGIN_FRAME \
  HPACK_PARSER("10BeginFrameEP19grpc_metadata_batchjNS0_8BoundaryENS0_8PriorityENS0_7LogInfoE")
#define END_PARSER HPACK_PARSER("D1Ev")

void RealBeginFrame(void* parser, void* metadata, uint32_t metadata_bytes, Boundary boundary,
                    Priority priority, LogInfo info) __asm__("__real_" BEGIN_FRAME);
void WrapBeginFrame(void* parser, void* metadata, uint32_t metadata_bytes, Boundary boundary,
                    Priority priority, LogInfo info) __asm__("__wrap_" BEGIN_FRAME);
void WrapBeginFrame(void* parser, void* metadata, uint32_t metadata_bytes, Boundary boundary,
                    Priority priority, LogInfo info) {
  open_blocks().Begin(parser, boundary == Boundary::kNone);
  RealBeginFrame(parser, metadata, metadata_bytes, boundary, priority, info);
}

absl::Status RealParse(void* parser, grpc_chttp2_transport* transport, grpc_chttp2_stream* stream,
                       const grpc_slice& slice, int is_last) __asm__("__real_" HEADER_PARSER_PARSE);
absl::Status WrapParse(void* parser, grpc_chttp2_transport* transport, grpc_chttp2_stream* stream,
                       const grpc_slice& slice, int is_last) __asm__("__wrap_" HEADER_PARSER_PARSE);
absl::Status WrapParse(void* parser, grpc_chttp2_transport* transport, grpc_chttp2_stream* stream,
                       const grpc_slice& slice, int is_last) {
  if (!open_blocks().Add(parser, GRPC_SLICE_LENGTH(slice))) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "headers of over ", kernelserve::server::kHeaderBlockBytes, " bytes that have not ended"));
  }
  return RealParse(parser, transport, stream, slice, is_last);
}

void RealEndParser(void* parser) __asm__("__real_" END_PARSER);
void WrapEndParser(void* parser) __asm__("__wrap_" END_PARSER);
void WrapEndParser(void* parser) {
  open_blocks().Begin(parser, /*goes_on=*/false);
  RealEndParser(parser);
}

// NOLINTEND(bugprone-reserved-identifier)

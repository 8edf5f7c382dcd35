#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_SPAN_BUFFERS_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_SPAN_BUFFERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/column.h"
#include "kernelserve/v1/types.pb.h"
#include "server/columns/buffer_pool.h"
#include "server/memory_budget.h"
#include "server/shared_memory/region.h"
#include "server/shared_memory/region_table.h"

namespace kernelserve::server {

// Where a request's spans are looked up, and what bounds the copies made of them.
struct SharedMemory {
  RegionTable* regions;
  BufferPool* buffers;
  MemoryBudget* memory;
  uint64_t request_bytes_max;
};

// What a request's columns have in regions, in memory of the server's own: the client may write to
// the regions at any time. And texts that came separated, as Arrow has them.
class SpanBuffers {
 public:
  // One column, as DecodeColumn gave it, and what errors call it.
  struct Source {
    const v1::Column* spans;
    ColumnView* column;
    absl::string_view field;
  };

  // Copies the buffers that the columns have in regions, and lets the columns view the copies,
  // which live as long as this: of long buffers of views what these point into, and the views so
  // that they point into that. To be called once. REGION_UNKNOWN; MALFORMED_COLUMN for a span that
  // ends outside of its region, and for texts that are not separated as their column says;
  // REQUEST_TOO_LARGE and MEMORY_CEILING as for a message of that size.
  absl::Status Fetch(const SharedMemory& memory, std::span<const Source> sources);

 private:
  absl::Status Copy(const SharedMemory& memory, std::span<const Source> sources);
  absl::Status SplitSeparated(const SharedMemory& memory, const v1::Column& told,
                              ColumnView* column, absl::string_view field);
  // Memory of so many bytes, which lives as long as this.
  absl::StatusOr<uint8_t*> Take(const SharedMemory& memory, uint64_t bytes);

  std::optional<MemoryBudget::Reservation> reserved_;
  std::vector<Buffer> buffers_;
};

// Where in a region a call's results go.
class ResultPlace {
 public:
  // Begins the span's turn. REGION_UNKNOWN, or INVALID_ARGUMENT where the span ends outside of its
  // region; `field` is the span's path.
  static absl::StatusOr<ResultPlace> Begin(const RegionTable& regions, const v1::RegionSpan& span,
                                           absl::string_view field);

  // As BufferSink. nullopt where the buffers do not fit, which writes nothing, or where a
  // later turn has begun, if after some of them.
  std::optional<uint64_t> Write(std::span<const Bytes> buffers) const;
  // The same for one that goes `at` bytes behind the place's begin.
  std::optional<uint64_t> WriteAt(uint64_t at, Bytes buffer) const;

  // Of the whole place, in its region.
  uint64_t offset() const { return offset_; }
  uint64_t length() const { return length_; }

 private:
  std::shared_ptr<Region> region_;
  uint64_t turn_ = 0;
  uint64_t offset_ = 0;
  uint64_t length_ = 0;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_SPAN_BUFFERS_H_

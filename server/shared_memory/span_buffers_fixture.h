#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_SPAN_BUFFERS_FIXTURE_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_SPAN_BUFFERS_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "server/columns/decoder.h"
#include "server/shared_memory/memfd.h"
#include "server/shared_memory/memfd_region.h"
#include "server/shared_memory/span_buffers.h"

namespace kernelserve::server {

inline std::string TextOf(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

class SpanBuffersTest : public ::testing::Test {
 protected:
  SpanBuffersTest() : token_(*table_.Add(MakeMemfdRegion("0123456789"))) {}

  static v1::RegionSpan SpanOf(const std::string& token, uint64_t offset, uint64_t length) {
    v1::RegionSpan span;
    span.set_region(token);
    span.set_offset(offset);
    span.set_length(length);
    return span;
  }
  v1::RegionSpan Span(uint64_t offset, uint64_t length) const {
    return SpanOf(token_, offset, length);
  }

  // Decodes the column as it would arrive, then fetches its spans.
  absl::Status Fetch(const v1::Column& column) {
    encoded_ = column.SerializeAsString();
    const Bytes bytes(reinterpret_cast<const uint8_t*>(encoded_.data()), encoded_.size());
    v1::Column spans;
    view_ = ColumnView();
    if (absl::Status status = DecodeColumn(bytes, &view_, &spans); !status.ok()) return status;
    buffers_ = std::make_unique<SpanBuffers>();
    const SpanBuffers::Source source = {&spans, &view_, "left"};
    return buffers_->Fetch(shared_memory_, {&source, 1});
  }

  // That a column is refused since what its `field` names is not there.
  void ExpectUnknown(const v1::Column& column, const char* field, const char* value) {
    const absl::Status status = Fetch(column);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ErrorReason(status), "REGION_UNKNOWN");
    EXPECT_EQ(ErrorField(status), field);
    EXPECT_EQ(ErrorValue(status), value);
  }

  MemoryBudget memory_{1 << 20};
  RegionTable table_{&memory_};
  BufferPool pool_{0};
  SharedMemory shared_memory_{
      .regions = &table_, .buffers = &pool_, .memory = &memory_, .request_bytes_max = 1000};
  const std::string token_;
  std::string encoded_;
  ColumnView view_;
  std::unique_ptr<SpanBuffers> buffers_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_SPAN_BUFFERS_FIXTURE_H_

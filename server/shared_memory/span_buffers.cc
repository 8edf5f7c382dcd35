#include "server/shared_memory/span_buffers.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "server/columns/separated_texts.h"

namespace kernelserve::server {
namespace {

// Buffers begin on cache lines, as those of a region do if its client likes.
constexpr uint64_t kAlignment = 64;

// What all spans of a request can have together, that is over any bound.
constexpr uint64_t kBytesMost = uint64_t{1} << 62;

// A span, what it is in the request, and which view of a column it becomes.
struct Part {
  std::shared_ptr<Region> region;
  uint64_t offset;
  uint64_t length;
  std::string field;
  Bytes* view;
  uint32_t base = 0;  // of offsets: what is subtracted from each
};

// Offsets, or what a client says are some: they are looked at later, by who uses them.
void Subtract(uint32_t base, uint8_t* offsets, uint64_t size) {
  auto* const numbers = reinterpret_cast<uint32_t*>(offsets);
  for (uint64_t i = 0; i < size / sizeof(uint32_t); ++i) numbers[i] -= base;
}

absl::StatusOr<std::shared_ptr<Region>> FindRegion(const RegionTable& regions,
                                                   const v1::RegionSpan& span,
                                                   absl::string_view field) {
  std::shared_ptr<Region> region = regions.Find(span.region());
  if (region != nullptr) return region;
  const std::string path = absl::StrCat(field, ".region");
  // A token is a secret, though of no more use here: only its size is told.
  const std::string value = absl::StrCat("a token of ", span.region().size(), " bytes");
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      {.reason = "REGION_UNKNOWN",
       .field = path,
       .bound = "a token that this server gave out",
       .value = value},
      absl::StrCat(path, " is ", value, " that names no region of this server: send the buffers"));
}

absl::Status Unreadable(const Part& part) {
  const std::string value = absl::StrCat(part.length, " bytes at ", part.offset);
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      {.reason = "REGION_UNKNOWN",
       .field = part.field,
       .bound = "memory that the server can read",
       .value = value},
      absl::StrCat(part.field, " is ", value, ", which the server cannot read: send the buffers"));
}

absl::Status CheckInside(const Region& region, const v1::RegionSpan& span, absl::string_view field,
                         absl::string_view reason) {
  if (span.offset() <= region.size() && span.length() <= region.size() - span.offset()) {
    return absl::OkStatus();
  }
  const std::string bound = absl::StrCat("a span inside ", region.size(), " bytes");
  const std::string value = absl::StrCat(span.length(), " bytes at ", span.offset());
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = reason, .field = field, .bound = bound, .value = value},
                   absl::StrCat(field, " is ", value, ", expected ", bound, ", its region's size"));
}

class Collector {
 public:
  explicit Collector(const RegionTable& regions) : regions_(regions) {}

  absl::Status Add(const v1::Column& spans, ColumnView* column, absl::string_view field) {
    const auto add = [this, field](bool given, const v1::RegionSpan& span, absl::string_view name,
                                   Bytes* view) {
      return given ? AddPart(span, absl::StrCat(field, ".", name), view) : absl::OkStatus();
    };
    absl::Status status =
        add(spans.has_validity_span(), spans.validity_span(), "validity_span", &column->validity);
    if (!status.ok()) return status;
    status = add(spans.has_offsets_span(), spans.offsets_span(), "offsets_span", &column->offsets);
    if (!status.ok()) return status;
    if (spans.has_offsets_span()) parts_.back().base = spans.offsets_span().base();
    status = add(spans.has_values_span(), spans.values_span(), "values_span", &column->values);
    if (!status.ok()) return status;
    if (const int count = spans.view_buffer_spans_size(); count > 0) {
      column->view_buffers.assign(static_cast<size_t>(count), Bytes());
      for (int i = 0; i < count; ++i) {
        status =
            AddPart(spans.view_buffer_spans(i), absl::StrCat(field, ".view_buffer_spans[", i, "]"),
                    &column->view_buffers[static_cast<size_t>(i)]);
        if (!status.ok()) return status;
      }
    }
    if (!spans.has_dictionary() || column->dictionary == nullptr) return absl::OkStatus();
    // It was decoded with this column and is nobody else's.
    auto dictionary = std::const_pointer_cast<ColumnView>(column->dictionary);
    return Add(spans.dictionary(), dictionary.get(), absl::StrCat(field, ".dictionary"));
  }

  std::vector<Part>& parts() { return parts_; }
  // Of all parts, each on its alignment.
  uint64_t bytes() const { return bytes_; }

 private:
  absl::Status AddPart(const v1::RegionSpan& span, const std::string& field, Bytes* view) {
    absl::StatusOr<std::shared_ptr<Region>> region = FindRegion(regions_, span, field);
    if (!region.ok()) return region.status();
    absl::Status status = CheckInside(**region, span, field, "MALFORMED_COLUMN");
    if (!status.ok()) return status;
    // A process has more than could be summed up.
    const uint64_t length = std::min(span.length(), kBytesMost);
    bytes_ = std::min(bytes_ + (length + kAlignment - 1) / kAlignment * kAlignment, kBytesMost);
    parts_.push_back({*std::move(region), span.offset(), span.length(), field, view});
    return absl::OkStatus();
  }

  const RegionTable& regions_;
  std::vector<Part> parts_;
  uint64_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<uint8_t*> SpanBuffers::Take(const SharedMemory& memory, uint64_t bytes) {
  if (!reserved_.has_value()) reserved_.emplace(memory.memory);
  if (absl::Status status = reserved_->Grow(bytes); !status.ok()) return status;
  return buffers_.emplace_back(memory.buffers->Take(bytes)).data();
}

absl::Status SpanBuffers::Fetch(const SharedMemory& memory, std::span<const Source> sources) {
  if (absl::Status status = Copy(memory, sources); !status.ok()) return status;
  for (const Source& source : sources) {
    absl::Status status = SplitSeparated(memory, *source.spans, source.column, source.field);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SpanBuffers::Copy(const SharedMemory& memory, std::span<const Source> sources) {
  Collector collector(*memory.regions);
  for (const Source& source : sources) {
    absl::Status status = collector.Add(*source.spans, source.column, source.field);
    if (!status.ok()) return status;
  }
  const uint64_t bytes = collector.bytes();
  if (bytes > memory.request_bytes_max) {
    const std::string bound = absl::StrCat("at most ", memory.request_bytes_max, " bytes");
    return MakeError(absl::StatusCode::kResourceExhausted,
                     {.reason = "REQUEST_TOO_LARGE",
                      .field = "request",
                      .bound = bound,
                      .value = absl::StrCat(bytes)},
                     absl::StrCat("the request has ", bytes, " bytes in shared memory and this ",
                                  "server takes ", bound, ": send it in parts"));
  }
  uint8_t* to = nullptr;
  if (bytes > 0) {
    const absl::StatusOr<uint8_t*> taken = Take(memory, bytes);
    if (!taken.ok()) return taken.status();
    to = *taken;
  }
  for (const Part& part : collector.parts()) {
    if (!part.region->Read(part.offset, part.length, to)) return Unreadable(part);
    if (part.base != 0) Subtract(part.base, to, part.length);
    *part.view = {to, part.length};
    to += (part.length + kAlignment - 1) / kAlignment * kAlignment;
  }
  return absl::OkStatus();
}

absl::Status SpanBuffers::SplitSeparated(const SharedMemory& memory, const v1::Column& told,
                                         ColumnView* column, absl::string_view field) {
  if (column->dictionary != nullptr && told.has_dictionary()) {
    auto dictionary = std::const_pointer_cast<ColumnView>(column->dictionary);
    absl::Status status = SplitSeparated(memory, told.dictionary(), dictionary.get(),
                                         absl::StrCat(field, ".dictionary"));
    if (!status.ok()) return status;
  }
  const bool is_text = column->type == DataType::kUtf8 || column->type == DataType::kBinary;
  if (!told.separated() || !is_text) return absl::OkStatus();
  const Bytes separated = column->values;
  const uint64_t texts = column->length;
  bool split = false;
  if (MayBeSeparated(separated.size(), texts)) {
    const absl::StatusOr<uint8_t*> to = Take(memory, SplitBytes(separated.size(), texts));
    if (!to.ok()) return to.status();
    SplitTexts found;
    split = Split(separated, texts, *to, &found);
    column->offsets = found.offsets;
    column->values = found.texts;
  }
  if (split) return absl::OkStatus();
  const std::string path = absl::StrCat(field, ".values");
  const std::string bound =
      absl::StrCat(texts, " texts with a zero byte between each and the next");
  const std::string value = absl::StrCat(separated.size(), " bytes that are no such");
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "MALFORMED_COLUMN", .field = path, .bound = bound, .value = value},
                   absl::StrCat(path, " has ", value, ", expected ", bound));
}

absl::StatusOr<ResultPlace> ResultPlace::Begin(const RegionTable& regions,
                                               const v1::RegionSpan& span,
                                               absl::string_view field) {
  absl::StatusOr<std::shared_ptr<Region>> region = FindRegion(regions, span, field);
  if (!region.ok()) return region.status();
  absl::Status status = CheckInside(**region, span, field, "INVALID_ARGUMENT");
  if (!status.ok()) return status;
  (*region)->Begin(span.turn());
  ResultPlace place;
  place.region_ = *std::move(region);
  place.turn_ = span.turn();
  place.offset_ = span.offset();
  place.length_ = span.length();
  return place;
}

std::optional<uint64_t> ResultPlace::Write(std::span<const Bytes> buffers) const {
  uint64_t size = 0;
  for (const Bytes buffer : buffers) size += buffer.size();
  if (size > length_) return std::nullopt;
  uint64_t at = 0;
  for (const Bytes buffer : buffers) {
    if (!WriteAt(at, buffer).has_value()) return std::nullopt;
    at += buffer.size();
  }
  return offset_;
}

std::optional<uint64_t> ResultPlace::WriteAt(uint64_t at, Bytes buffer) const {
  if (at > length_ || buffer.size() > length_ - at) return std::nullopt;
  if (!region_->Write(turn_, offset_ + at, buffer)) return std::nullopt;
  return offset_ + at;
}

}  // namespace kernelserve::server

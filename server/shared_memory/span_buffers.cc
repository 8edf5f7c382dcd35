#include "server/shared_memory/span_buffers.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "server/columns/separated_texts.h"
#include "server/columns/view_ranges.h"

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
  uint8_t* copy = nullptr;
};

// The buffers that a column's views point into, and which of the other parts these views are: none
// where they were sent.
struct ViewBuffers {
  const ColumnView* column = nullptr;
  std::optional<size_t> views;
  std::vector<Part> parts;
};

uint64_t Aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Offsets, or what a client says are some: they are looked at later, by who uses them.
void Subtract(uint32_t base, uint8_t* offsets, uint64_t size) {
  auto* const numbers = reinterpret_cast<uint32_t*>(offsets);
  for (uint64_t i = 0; i < size / sizeof(uint32_t); ++i) numbers[i] -= base;
}

// What copies of the parts take, each on its alignment.
uint64_t BytesOf(std::span<const Part> parts) {
  uint64_t bytes = 0;
  for (const Part& part : parts) {
    // A process has more than could be summed up.
    bytes = std::min(bytes + Aligned(std::min(part.length, kBytesMost)), kBytesMost);
  }
  return bytes;
}

// Of buffers that are longer than the views themselves, only what these point into is copied: it
// may be a small part, as it is where the column has some rows of a longer one. Views that lie are
// left to whoever uses them, with all of the buffers.
void Narrow(std::span<const Part> others, ViewBuffers* buffers) {
  const ColumnView& column = *buffers->column;
  const bool has_views = column.type == DataType::kUtf8View || column.type == DataType::kBinaryView;
  if (!has_views || !buffers->views.has_value()) return;
  if (column.length > column.values.size() / kViewBytes) return;
  const std::span<uint8_t> views(others[*buffers->views].copy, column.length * kViewBytes);
  if (BytesOf(buffers->parts) <= views.size()) return;
  std::vector<uint64_t> sizes;
  for (const Part& part : buffers->parts) sizes.push_back(part.length);
  const std::optional<std::vector<BufferRange>> ranges = RangesOf(views, sizes);
  if (!ranges.has_value()) return;
  PointIntoRanges(*ranges, views);
  for (size_t i = 0; i < ranges->size(); ++i) {
    buffers->parts[i].offset += (*ranges)[i].begin;
    buffers->parts[i].length = (*ranges)[i].size();
  }
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

absl::Status TooLarge(uint64_t bytes, uint64_t bytes_max) {
  const std::string bound = absl::StrCat("at most ", bytes_max, " bytes");
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      {.reason = "REQUEST_TOO_LARGE",
       .field = "request",
       .bound = bound,
       .value = absl::StrCat(bytes)},
      absl::StrCat("the request has at least ", bytes, " bytes in shared memory and this ",
                   "server takes ", bound, ": send it in parts"));
}

// Copies the parts to `to`, BytesOf(*parts) of it.
absl::Status Read(uint8_t* to, std::vector<Part>* parts) {
  for (Part& part : *parts) {
    if (!part.region->Read(part.offset, part.length, to)) return Unreadable(part);
    if (part.base != 0) Subtract(part.base, to, part.length);
    *part.view = {to, part.length};
    part.copy = to;
    to += Aligned(part.length);
  }
  return absl::OkStatus();
}

class Collector {
 public:
  explicit Collector(const RegionTable& regions) : regions_(regions) {}

  absl::Status Add(const v1::Column& spans, ColumnView* column, absl::string_view field) {
    const auto add = [this, field](bool given, const v1::RegionSpan& span, absl::string_view name,
                                   Bytes* view) {
      return given ? AddPart(span, absl::StrCat(field, ".", name), view, &parts_)
                   : absl::OkStatus();
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
      ViewBuffers& buffers = view_buffers_.emplace_back();
      buffers.column = column;
      if (spans.has_values_span()) buffers.views = parts_.size() - 1;
      for (int i = 0; i < count; ++i) {
        status =
            AddPart(spans.view_buffer_spans(i), absl::StrCat(field, ".view_buffer_spans[", i, "]"),
                    &column->view_buffers[static_cast<size_t>(i)], &buffers.parts);
        if (!status.ok()) return status;
      }
    }
    if (!spans.has_dictionary() || column->dictionary == nullptr) return absl::OkStatus();
    // It was decoded with this column and is nobody else's.
    auto dictionary = std::const_pointer_cast<ColumnView>(column->dictionary);
    return Add(spans.dictionary(), dictionary.get(), absl::StrCat(field, ".dictionary"));
  }

  // All but those of view_buffers().
  std::vector<Part>& parts() { return parts_; }
  std::vector<ViewBuffers>& view_buffers() { return view_buffers_; }

 private:
  absl::Status AddPart(const v1::RegionSpan& span, const std::string& field, Bytes* view,
                       std::vector<Part>* parts) {
    absl::StatusOr<std::shared_ptr<Region>> region = FindRegion(regions_, span, field);
    if (!region.ok()) return region.status();
    absl::Status status = CheckInside(**region, span, field, "MALFORMED_COLUMN");
    if (!status.ok()) return status;
    parts->push_back({*std::move(region), span.offset(), span.length(), field, view});
    return absl::OkStatus();
  }

  const RegionTable& regions_;
  std::vector<Part> parts_;
  std::vector<ViewBuffers> view_buffers_;
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
  uint64_t bytes = 0;
  const auto copy = [&](std::vector<Part>* parts) {
    const uint64_t more = BytesOf(*parts);
    bytes += more;
    if (bytes > memory.request_bytes_max) return TooLarge(bytes, memory.request_bytes_max);
    if (more == 0) return Read(nullptr, parts);
    const absl::StatusOr<uint8_t*> to = Take(memory, more);
    return to.ok() ? Read(*to, parts) : to.status();
  };
  if (absl::Status status = copy(&collector.parts()); !status.ok()) return status;
  for (ViewBuffers& buffers : collector.view_buffers()) {
    Narrow(collector.parts(), &buffers);
    if (absl::Status status = copy(&buffers.parts); !status.ok()) return status;
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

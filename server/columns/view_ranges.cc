#include "server/columns/view_ranges.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/column_reader.h"

namespace kernelserve::server {
namespace {

// A view of more bytes than lie in itself.
struct LongView {
  int32_t length, beginning, buffer, offset;
};
static_assert(sizeof(LongView) == kViewBytes);

// Calls `visit` with where each view lies whose bytes don't lie in itself, until it returns false.
// Those are found by blocks, without a branch: in most columns, which they are can't be foretold.
template <typename Visit>
void ForEachLong(Bytes views, Visit visit) {
  constexpr size_t kBlock = 512;
  std::array<uint32_t, kBlock> places;
  for (size_t begin = 0; begin < views.size(); begin += kBlock * kViewBytes) {
    const size_t end = std::min(views.size(), begin + kBlock * kViewBytes);
    size_t count = 0;
    for (size_t at = begin; at < end; at += kViewBytes) {
      places[count] = static_cast<uint32_t>(at - begin);
      // A length below 0 is a great one here, too.
      count += LoadUnaligned<uint32_t>(views.data() + at, 0) > kInlineBytesMax;
    }
    for (size_t i = 0; i < count; ++i) {
      if (!visit(begin + places[i])) return;
    }
  }
}

}  // namespace

std::optional<std::vector<BufferRange>> RangesOf(Bytes views,
                                                 std::span<const uint64_t> buffer_sizes) {
  std::vector<BufferRange> ranges(buffer_sizes.size(), {.begin = UINT64_MAX, .end = 0});
  bool inside = true;
  ForEachLong(views, [&](size_t at) {
    LongView view;
    std::memcpy(&view, views.data() + at, kViewBytes);
    inside = view.length >= 0 && view.buffer >= 0 && view.offset >= 0;
    if (!inside) return false;
    const auto buffer = static_cast<size_t>(view.buffer);
    const auto begin = static_cast<uint64_t>(view.offset);
    const uint64_t end = begin + static_cast<uint64_t>(view.length);
    inside = buffer < buffer_sizes.size() && end <= buffer_sizes[buffer];
    if (!inside) return false;
    ranges[buffer].begin = std::min(ranges[buffer].begin, begin);
    ranges[buffer].end = std::max(ranges[buffer].end, end);
    return true;
  });
  if (!inside) return std::nullopt;
  for (BufferRange& range : ranges) range.begin = std::min(range.begin, range.end);
  return ranges;
}

void PointIntoRanges(std::span<const BufferRange> ranges, std::span<uint8_t> views) {
  ForEachLong(views, [&](size_t at) {
    LongView view;
    std::memcpy(&view, views.data() + at, kViewBytes);
    view.offset -= static_cast<int32_t>(ranges[static_cast<size_t>(view.buffer)].begin);
    std::memcpy(views.data() + at, &view, kViewBytes);
    return true;
  });
}

}  // namespace kernelserve::server

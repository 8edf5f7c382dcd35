#ifndef KERNELSERVE_SERVER_COLUMNS_VIEW_RANGES_H_
#define KERNELSERVE_SERVER_COLUMNS_VIEW_RANGES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/column.h"

namespace kernelserve::server {

// Rows of a longer column come with all of that column's buffers, of which their views need a part.

// A part of a buffer, in bytes; begin is 0 where nothing is needed of it.
struct BufferRange {
  uint64_t begin;
  uint64_t end;

  uint64_t size() const { return end - begin; }
};

// From where to where views (whole ones) point into buffers of these sizes, in bytes: one range for
// each. nullopt where a view points to what none of them has.
std::optional<std::vector<BufferRange>> RangesOf(Bytes views,
                                                 std::span<const uint64_t> buffer_sizes);

// Makes views into buffers into views into the ranges of these that RangesOf gave.
void PointIntoRanges(std::span<const BufferRange> ranges, std::span<uint8_t> views);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_COLUMNS_VIEW_RANGES_H_

#ifndef KERNELSERVE_SERVER_TEXT_COLUMN_H_
#define KERNELSERVE_SERVER_TEXT_COLUMN_H_

#include <array>
#include <cstdint>

#include "kernels/column.h"
#include "kernelserve/v1/string_distance.pb.h"

namespace kernelserve::server {

// One text of a unary request as a column of one row, so that kernels see it as they see any other.
// A view: `text` outlives it. Not movable, since the column points into it.
class TextColumn {
 public:
  // At most 2 GiB, as protobuf has it anyway.
  explicit TextColumn(const v1::Text& text);

  TextColumn(const TextColumn&) = delete;
  TextColumn& operator=(const TextColumn&) = delete;

  const ColumnView& view() const { return view_; }
  // Units, or bytes of UTF-8: what a cost can be estimated from.
  size_t size() const { return static_cast<size_t>(offsets_[1]); }

 private:
  std::array<int32_t, 2> offsets_ = {0, 0};
  ColumnView view_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_TEXT_COLUMN_H_

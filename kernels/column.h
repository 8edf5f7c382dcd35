#ifndef KERNELSERVE_KERNELS_COLUMN_H_
#define KERNELSERVE_KERNELS_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "kernels/data_type.h"

namespace kernelserve {

using Bytes = std::span<const uint8_t>;

inline uint64_t BytesOfBits(uint64_t bits) { return (bits + 7) / 8; }

inline Bytes BytesOf(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
// In the machine's order, which is the wire's.
template <typename T>
requires std::is_trivially_copyable_v<T> Bytes BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)};
}

// One column in Arrow's physical layout, little endian: a view of memory that somebody else owns.
// The memory is untrusted: it may be unaligned, and everything inside the buffers (offsets,
// indices, views, text) may lie, and may even change while it is read. ValidateLayout checks the
// buffers' sizes once; readers (kernels/column_reader.h) check what they find in them, row by row.
//
// Which buffers a type has:
//   fixed-width    values: length elements            bool: values holds bits from bit_offset
//   utf8, binary   offsets: length + 1 int32, in bytes of values
//   symbols        offsets: length + 1 int32, in units; values: one uint32 a unit
//   *_view         values: 16 bytes a row (Arrow's string view), pointing into view_buffers
//   null           none; every row is null
struct ColumnView {
  DataType type = DataType::kNull;
  uint64_t length = 0;      // rows held
  bool repeat = false;      // length is 1, and the one row stands for as many as are asked for
  uint32_t bit_offset = 0;  // of row 0 in validity, and in values where these are bits
  uint32_t children = 0;    // columns of a nested type, which is refused
  Bytes validity;           // one bit a row, 1 = has a value; empty: all have
  Bytes offsets;
  Bytes values;
  std::vector<Bytes> view_buffers;
  // Where set, `values` holds indices (of the integer `type`) into this column's rows.
  std::shared_ptr<const ColumnView> dictionary;

  // The type of the rows' values: the dictionary's where there is one.
  DataType value_type() const { return dictionary ? dictionary->type : type; }
  // The row that stands for row `row` of the call.
  size_t Physical(size_t row) const { return repeat ? 0 : row; }
};

// A view of *_view: an int32 length; then the bytes themselves, up to kInlineBytesMax, or their
// first 4, the int32 number of a buffer and an int32 offset into it.
inline constexpr size_t kViewBytes = 16;
inline constexpr uint32_t kInlineBytesMax = 12;

// Whether each buffer is long enough for `length` rows and the layout is one of those above. Takes
// constant time. The error's field is `field` (".offsets" and so on), the column's path in the
// request.
absl::Status ValidateLayout(const ColumnView& column, absl::string_view field);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_COLUMN_H_

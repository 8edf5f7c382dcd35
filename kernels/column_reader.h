#ifndef KERNELSERVE_KERNELS_COLUMN_READER_H_
#define KERNELSERVE_KERNELS_COLUMN_READER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "kernels/column.h"
#include "kernels/default_process.h"
#include "kernels/text.h"

namespace kernelserve {

// What stands in one row. kInvalid: the reader's error() says why.
enum class RowState : uint8_t { kValue, kNull, kInvalid };

// Buffers are unaligned: a plain load would be undefined.
template <typename T>
T LoadUnaligned(const uint8_t* bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes + index * sizeof(T), sizeof(T));
  return value;
}

// How many of the rows from `first` on, `count` at most, have a value by the column's own validity.
// Not for columns with `repeat`.
size_t ValidRows(const ColumnView& column, size_t first, size_t count);

// Finds the row's place: applies repeat, validity and dictionary. Shared by every reader below.
//
// Readers are cheap to make, one for each task, and not safe to share between threads. The column
// has passed ValidateLayout and outlives the reader; rows are below its length (any, with repeat).
class RowLocator {
 public:
  RowLocator(const ColumnView& column, absl::string_view field);

  // On kValue, *place is the row of leaf() that holds the value.
  RowState Locate(size_t row, size_t* place) {
    row = column_.Physical(row);
    if (!column_.validity.empty() && !Bit(column_.validity, row + column_.bit_offset)) {
      return RowState::kNull;
    }
    if (column_.dictionary == nullptr) {
      *place = row;
      return column_.type == DataType::kNull ? RowState::kNull : RowState::kValue;
    }
    return LocateInDictionary(row, place);
  }

  const ColumnView& column() const { return column_; }
  // The column that holds the values: the dictionary where there is one.
  const ColumnView& leaf() const { return leaf_; }
  const std::string& field() const { return field_; }
  // The path of leaf().
  std::string leaf_field() const { return column_.dictionary ? field_ + ".dictionary" : field_; }

  // Why the last row was kInvalid.
  const absl::Status& error() const { return error_; }
  RowState Invalid(absl::Status error) {
    error_ = std::move(error);
    return RowState::kInvalid;
  }

  static bool Bit(Bytes bits, size_t index) { return (bits[index / 8] >> (index % 8)) & 1; }

 private:
  RowState LocateInDictionary(size_t row, size_t* place);

  const ColumnView& column_;
  const ColumnView& leaf_;
  const std::string field_;
  absl::Status error_;
};

// Widens the element at `place` to int64 (unsigned types over int64's range don't come here).
int64_t LoadSigned(DataType type, const uint8_t* values, size_t place);

// WRONG_TYPE, about `field`, of a reader that wants another type.
absl::Status WrongColumnType(absl::string_view field, absl::string_view wanted, DataType type);

// Whether a column is one that texts can be read from, with `preprocessing` done to them.
// WRONG_TYPE, about `field`, where it is not.
absl::Status CheckTextColumn(const ColumnView& column, absl::string_view field,
                             Preprocessing preprocessing);

// Reads utf8, binary (and their views): the bytes of a row, not looked into.
class BytesReader {
 public:
  BytesReader(const ColumnView& column, absl::string_view field) : locator_(column, field) {}

  RowState Read(size_t row, std::string_view* bytes) {
    size_t place;
    if (const RowState state = locator_.Locate(row, &place); state != RowState::kValue) {
      return state;
    }
    return ReadAt(place, bytes);
  }

  // The size of a row in bytes, for estimates: 0 where it is null or can't be read.
  uint64_t Size(size_t row) {
    std::string_view bytes;
    return Read(row, &bytes) == RowState::kValue ? bytes.size() : 0;
  }

  const absl::Status& error() const { return locator_.error(); }
  const RowLocator& locator() const { return locator_; }

 private:
  friend class TextReader;
  RowState ReadAt(size_t place, std::string_view* bytes);
  RowState ReadView(size_t place, std::string_view* bytes);

  RowLocator locator_;
};

// Reads any text type as units, and does to each text what `preprocessing` says, which is not for
// symbols. A row that is no UTF-8 is kInvalid.
class TextReader {
 public:
  TextReader(const ColumnView& column, absl::string_view field,
             Preprocessing preprocessing = Preprocessing::kNone)
      : bytes_(column, field),
        preprocessing_(preprocessing),
        decodes_(bytes_.locator().leaf().type == DataType::kUtf8 ||
                 bytes_.locator().leaf().type == DataType::kUtf8View),
        symbols_(bytes_.locator().leaf().type == DataType::kSymbols) {}

  // Texts stay valid until Release(), the reader's end or the column's.
  RowState Read(size_t row, Text* text) {
    const RowState state = ReadUnprocessed(row, text);
    if (state == RowState::kValue) Preprocess(text);
    return state;
  }

  // Reads rows from `first` on where each of them has a value and nothing is amiss: the usual case,
  // for which a block at a time costs a tenth of a row at a time. Returns how many: `count`, of
  // kReadBlockRows at most, or fewer where full() came first. 0 otherwise, with *texts unspecified:
  // Read() then tells what it is.
  // Kernels that sort a block's short texts ask for hundreds; views of both sides fit a core's
  // first cache.
  static constexpr size_t kReadBlockRows = 512;
  size_t ReadBlock(size_t first, size_t count, Text* texts);

  // Whether decoded texts take so much that the next ones should wait for Release(): the same
  // megabyte can be every row's, by a dictionary or views.
  bool full() const { return held_bytes_ > kHeldBytes; }

  // Lets go of decoded texts; their memory serves the next ones.
  void Release();

  uint64_t Size(size_t row) { return bytes_.Size(row); }
  const absl::Status& error() const { return bytes_.error(); }

 private:
  // A block of texts of up to 500 units; both sides of it fit a core's cache.
  static constexpr size_t kHeldBytes = 256 << 10;
  static constexpr size_t kChunkBytes = 64 << 10;

  struct Chunk {
    std::unique_ptr<uint32_t[]> memory;
    size_t bytes = 0;
  };

  RowState ReadUnprocessed(size_t row, Text* text) {
    std::string_view bytes;
    if (const RowState state = bytes_.Read(row, &bytes); state != RowState::kValue) return state;
    if (!decodes_ && !symbols_) {
      *text = Text(bytes);
      return RowState::kValue;
    }
    return Decode(bytes, text);
  }
  void Preprocess(Text* text) {
    if (preprocessing_ == Preprocessing::kNone) return;
    *text = DefaultProcess(*text, Allocate(text->size() * static_cast<size_t>(text->width())));
  }

  RowState Decode(std::string_view bytes, Text* text);
  size_t ReadBlockUnprocessed(size_t first, size_t count, Text* texts);
  size_t ReadRows(size_t first, size_t count, Text* texts);
  size_t ReadOffsetsBlock(size_t first, size_t count, Text* texts);
  size_t ReadViewsBlock(size_t first, size_t count, Text* texts);
  void* Allocate(size_t bytes);

  BytesReader bytes_;
  const Preprocessing preprocessing_;
  const bool decodes_;
  const bool symbols_;
  Utf8Decoder decoder_;
  // Decoded texts live side by side: the last chunk is filled from `used_` on.
  std::vector<Chunk> chunks_;
  size_t used_ = 0;
  size_t held_bytes_ = 0;  // the chunks' sizes
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_COLUMN_READER_H_

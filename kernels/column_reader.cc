#include "kernels/column_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

// Messages here don't name the row: whoever reports the error does (AtRow, RowError).
absl::Status MalformedValue(absl::string_view field, absl::string_view buffer, std::string bound,
                            std::string value) {
  const std::string path = absl::StrCat(field, ".", buffer);
  std::string message = absl::StrCat(path, " has ", value, ", expected ", bound);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "MALFORMED_COLUMN", .field = path, .bound = bound, .value = value},
                   message);
}

// Where the first byte over 0x7f is; the size where there is none.
size_t AsciiPrefix(Bytes bytes) {
  const uint8_t* p = bytes.data();
  size_t at = 0;
  // Eight independent words a step: the compiler makes vectors of them.
  for (; bytes.size() - at >= 64; at += 64) {
    uint64_t any = 0;
    for (size_t i = 0; i < 8; ++i) any |= LoadUnaligned<uint64_t>(p + at, i);
    if ((any & kTopBits) != 0) break;
  }
  for (; bytes.size() - at >= 8; at += 8) {
    const uint64_t top = LoadUnaligned<uint64_t>(p + at, 0) & kTopBits;
    if (top != 0) return at + static_cast<size_t>(std::countr_zero(top)) / 8;
  }
  while (at < bytes.size() && p[at] <= 0x7f) ++at;
  return at;
}

// The text of a view over kInlineBytesMax, where it lies in one of the buffers.
bool FindText(std::span<const Bytes> buffers, int32_t length, int32_t buffer, int32_t offset,
              std::string_view* text) {
  if (length < 0 || buffer < 0 || offset < 0) return false;
  if (static_cast<size_t>(buffer) >= buffers.size()) return false;
  const Bytes data = buffers[static_cast<size_t>(buffer)];
  if (static_cast<uint64_t>(offset) + static_cast<uint64_t>(length) > data.size()) return false;
  *text = {reinterpret_cast<const char*>(data.data()) + offset, static_cast<size_t>(length)};
  return true;
}

}  // namespace

int64_t LoadSigned(DataType type, const uint8_t* values, size_t place) {
  switch (type) {
    case DataType::kInt8:
      return LoadUnaligned<int8_t>(values, place);
    case DataType::kInt16:
      return LoadUnaligned<int16_t>(values, place);
    case DataType::kInt32:
      return LoadUnaligned<int32_t>(values, place);
    case DataType::kInt64:
      return LoadUnaligned<int64_t>(values, place);
    case DataType::kUint8:
      return LoadUnaligned<uint8_t>(values, place);
    case DataType::kUint16:
      return LoadUnaligned<uint16_t>(values, place);
    default:
      return LoadUnaligned<uint32_t>(values, place);
  }
}

absl::Status WrongColumnType(absl::string_view field, absl::string_view wanted, DataType type) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      {.reason = "WRONG_TYPE", .field = field, .bound = wanted, .value = DataTypeName(type)},
      absl::StrCat(field, " has type ", DataTypeName(type), ", expected ", wanted));
}

absl::Status CheckTextColumn(const ColumnView& column, absl::string_view field,
                             Preprocessing preprocessing) {
  const DataType type = column.value_type();
  absl::string_view bound;
  if (!IsText(type) && type != DataType::kNull) {
    bound = "text (utf8, binary, a view of these, or symbols)";
  } else if (preprocessing != Preprocessing::kNone && type == DataType::kSymbols) {
    bound = "characters (utf8, binary, or a view of these)";
  } else {
    return absl::OkStatus();
  }
  return WrongColumnType(field, bound, type);
}

size_t ValidRows(const ColumnView& column, size_t first, size_t count) {
  if (column.validity.empty()) return count;
  const size_t begin = first + column.bit_offset;
  for (size_t bit = begin; bit < begin + count;) {
    const unsigned rest = column.validity[bit / 8] >> bit % 8;
    const size_t bits = 8 - bit % 8;
    const auto ones = static_cast<size_t>(std::countr_one(rest));
    if (ones < bits) return std::min(count, bit + ones - begin);
    bit += bits;
  }
  return count;
}

RowLocator::RowLocator(const ColumnView& column, absl::string_view field)
    : column_(column), leaf_(column.dictionary ? *column.dictionary : column), field_(field) {}

RowState RowLocator::LocateInDictionary(size_t row, size_t* place) {
  const uint8_t* values = column_.values.data();
  const bool wide = column_.type == DataType::kUint64;
  const int64_t index = wide ? static_cast<int64_t>(LoadUnaligned<uint64_t>(values, row))
                             : LoadSigned(column_.type, values, row);
  if (index < 0 || static_cast<uint64_t>(index) >= leaf_.length) {
    return Invalid(MalformedValue(field_, "dictionary",
                                  absl::StrCat("an index below ", leaf_.length),
                                  wide ? absl::StrCat("index ", static_cast<uint64_t>(index))
                                       : absl::StrCat("index ", index)));
  }
  *place = static_cast<size_t>(index);
  if (leaf_.type == DataType::kNull) return RowState::kNull;
  if (!leaf_.validity.empty() && !Bit(leaf_.validity, *place + leaf_.bit_offset)) {
    return RowState::kNull;
  }
  return RowState::kValue;
}

RowState BytesReader::ReadAt(size_t place, std::string_view* bytes) {
  const ColumnView& leaf = locator_.leaf();
  switch (leaf.type) {
    case DataType::kUtf8View:
    case DataType::kBinaryView:
      return ReadView(place, bytes);
    case DataType::kUtf8:
    case DataType::kBinary:
    case DataType::kSymbols:
      break;
    default:
      return locator_.Invalid(WrongColumnType(
          locator_.field(), "utf8, binary, a view of these, or symbols", leaf.type));
  }
  // Each offset is read once: the memory may be shared with a client that rewrites it.
  const int32_t begin = LoadUnaligned<int32_t>(leaf.offsets.data(), place);
  const int32_t end = LoadUnaligned<int32_t>(leaf.offsets.data(), place + 1);
  const uint64_t unit = leaf.type == DataType::kSymbols ? sizeof(uint32_t) : 1;
  const uint64_t size = leaf.values.size() / unit;
  if (begin < 0 || end < begin || static_cast<uint64_t>(end) > size) [[unlikely]] {
    return locator_.Invalid(
        MalformedValue(locator_.leaf_field(), "offsets",
                       absl::StrCat("offsets that ascend within the ", size, " of values"),
                       absl::StrCat("offsets ", begin, " to ", end)));
  }
  *bytes = {reinterpret_cast<const char*>(leaf.values.data()) + begin * unit,
            static_cast<size_t>(end - begin) * unit};
  return RowState::kValue;
}

RowState BytesReader::ReadView(size_t place, std::string_view* bytes) {
  const ColumnView& leaf = locator_.leaf();
  const uint8_t* view = leaf.values.data() + place * kViewBytes;
  const int32_t length = LoadUnaligned<int32_t>(view, 0);
  if (length >= 0 && static_cast<uint32_t>(length) <= kInlineBytesMax) {
    *bytes = {reinterpret_cast<const char*>(view) + 4, static_cast<size_t>(length)};
    return RowState::kValue;
  }
  const int32_t buffer = LoadUnaligned<int32_t>(view, 2);
  const int32_t offset = LoadUnaligned<int32_t>(view, 3);
  if (FindText(leaf.view_buffers, length, buffer, offset, bytes)) return RowState::kValue;
  if (length < 0 || buffer < 0 || static_cast<size_t>(buffer) >= leaf.view_buffers.size()) {
    return locator_.Invalid(MalformedValue(
        locator_.leaf_field(), "values",
        absl::StrCat("a view into one of the ", leaf.view_buffers.size(), " view_buffers"),
        absl::StrCat("a view of length ", length, " into buffer ", buffer)));
  }
  return locator_.Invalid(MalformedValue(
      locator_.leaf_field(), "values",
      absl::StrCat("a view inside view_buffers[", buffer, "] of ",
                   leaf.view_buffers[static_cast<size_t>(buffer)].size(), " bytes"),
      absl::StrCat("a view of bytes ", offset, " to ", static_cast<int64_t>(offset) + length)));
}

RowState TextReader::Decode(std::string_view bytes, Text* text) {
  if (symbols_) {
    uint32_t* units = static_cast<uint32_t*>(Allocate(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(units));
    *text = Text(std::span<const uint32_t>(units, bytes.size() / sizeof(uint32_t)));
    return RowState::kValue;
  }
  size_t error_offset = 0;
  Text decoded;
  if (!decoder_.Decode(bytes, &decoded, &error_offset)) {
    const std::string& field = bytes_.locator_.field();
    const std::string value = absl::StrCat("an invalid byte at ", error_offset);
    return bytes_.locator_.Invalid(MakeError(
        absl::StatusCode::kInvalidArgument,
        {.reason = "INVALID_UTF8", .field = field, .bound = "valid UTF-8", .value = value},
        absl::StrCat(field, " is not valid UTF-8: byte ", error_offset, " of ", bytes.size())));
  }
  if (decoded.data() == bytes.data()) {  // ASCII: a view of the column itself
    *text = decoded;
    return RowState::kValue;
  }
  const size_t size = decoded.size() * decoded.width();
  void* units = Allocate(size);
  std::memcpy(units, decoded.data(), size);
  switch (decoded.width()) {
    case 1:
      *text = Text(std::span(static_cast<const uint8_t*>(units), decoded.size()));
      break;
    case 2:
      *text = Text(std::span(static_cast<const uint16_t*>(units), decoded.size()));
      break;
    default:
      *text = Text(std::span(static_cast<const uint32_t*>(units), decoded.size()));
  }
  return RowState::kValue;
}

size_t TextReader::ReadRows(size_t first, size_t count, Text* texts) {
  for (size_t i = 0; i < count; ++i) {
    if (ReadUnprocessed(first + i, &texts[i]) != RowState::kValue) return 0;
    if (full()) return i + 1;
  }
  return count;
}

size_t TextReader::ReadBlock(size_t first, size_t count, Text* texts) {
  if (bytes_.locator().column().repeat) {
    if (Read(0, &texts[0]) != RowState::kValue) return 0;
    std::fill_n(texts + 1, count - 1, texts[0]);
    return count;
  }
  count = ReadBlockUnprocessed(first, count, texts);
  if (preprocessing_ == Preprocessing::kNone) return count;
  for (size_t i = 0; i < count; ++i) {
    Preprocess(&texts[i]);
    if (full()) return i + 1;
  }
  return count;
}

size_t TextReader::ReadBlockUnprocessed(size_t first, size_t count, Text* texts) {
  const RowLocator& locator = bytes_.locator();
  const ColumnView& column = locator.column();
  if (ValidRows(column, first, count) < count || column.dictionary != nullptr) {
    return ReadRows(first, count, texts);
  }
  switch (column.type) {
    case DataType::kUtf8:
    case DataType::kBinary:
      return ReadOffsetsBlock(first, count, texts);
    case DataType::kUtf8View:
    case DataType::kBinaryView:
      return ReadViewsBlock(first, count, texts);
    default:
      return ReadRows(first, count, texts);
  }
}

size_t TextReader::ReadOffsetsBlock(size_t first, size_t count, Text* texts) {
  const ColumnView& column = bytes_.locator().column();
  // A copy: what was checked must be what is used, whoever writes to the memory meanwhile.
  std::array<uint32_t, kReadBlockRows + 1> offsets;
  std::memcpy(offsets.data(), column.offsets.data() + first * sizeof(uint32_t),
              (count + 1) * sizeof(uint32_t));
  // The top bit of an offset, or of what it has over the last one: either is negative, as signed
  // numbers. Of these, the compiler makes vectors.
  uint32_t tops = offsets[0];
  for (size_t i = 0; i < count; ++i) tops |= offsets[i + 1] | (offsets[i + 1] - offsets[i]);
  const size_t end = offsets[count];
  if (tops >> 31 != 0 || end > column.values.size()) return 0;

  const char* values = reinterpret_cast<const char*>(column.values.data());
  for (size_t i = 0; i < count; ++i) {
    texts[i] = Text::OfBytes(values + offsets[i], offsets[i + 1] - offsets[i]);
  }
  if (!decodes_) return count;
  // One look at the bytes of all rows; those with other than ASCII are decoded.
  size_t at = offsets[0];
  for (size_t row = 0;; ++row) {
    at += AsciiPrefix(column.values.subspan(at, end - at));
    if (at == end) return count;
    while (offsets[row + 1] <= at) ++row;
    const std::string_view bytes(static_cast<const char*>(texts[row].data()), texts[row].size());
    if (Decode(bytes, &texts[row]) != RowState::kValue) return 0;
    if (full()) return row + 1;
    at = offsets[row + 1];
  }
}

size_t TextReader::ReadViewsBlock(size_t first, size_t count, Text* texts) {
  const ColumnView& column = bytes_.locator().column();
  const uint8_t* view = column.values.data() + first * kViewBytes;
  for (size_t i = 0; i < count; ++i, view += kViewBytes) {
    // Most texts lie in their view. The bytes after a shorter one count as its own here: where they
    // aren't zero, as Arrow wants them, the text merely goes the longer way.
    const uint32_t length = LoadUnaligned<uint32_t>(view, 0);
    const uint64_t all = LoadUnaligned<uint64_t>(view + 4, 0) | LoadUnaligned<uint32_t>(view, 3);
    if (length <= kInlineBytesMax && (!decodes_ || (all & kTopBits) == 0)) {
      texts[i] = Text::OfBytes(view + 4, length);
      continue;
    }
    std::string_view bytes;
    if (length > kInlineBytesMax &&
        FindText(column.view_buffers, static_cast<int32_t>(length), LoadUnaligned<int32_t>(view, 2),
                 LoadUnaligned<int32_t>(view, 3), &bytes) &&
        (!decodes_ || IsAscii(bytes))) {
      texts[i] = Text(bytes);
      continue;
    }
    // Other than ASCII, or wrong.
    if (!decodes_ || bytes_.ReadView(first + i, &bytes) != RowState::kValue) return 0;
    if (Decode(bytes, &texts[i]) != RowState::kValue) return 0;
    if (full()) return i + 1;
  }
  return count;
}

void* TextReader::Allocate(size_t bytes) {
  bytes = (bytes + 3) / 4 * 4;  // the next text may have units of 4 bytes
  if (chunks_.empty() || used_ + bytes > chunks_.back().bytes) {
    const size_t size = std::max(bytes, kChunkBytes);
    chunks_.push_back({std::make_unique_for_overwrite<uint32_t[]>(size / 4), size});
    used_ = 0;
    held_bytes_ += size;
  }
  uint8_t* memory = reinterpret_cast<uint8_t*>(chunks_.back().memory.get()) + used_;
  used_ += bytes;
  return memory;
}

void TextReader::Release() {
  const bool keep = !chunks_.empty() && chunks_[0].bytes == kChunkBytes;
  chunks_.resize(keep ? 1 : 0);
  used_ = 0;
  held_bytes_ = keep ? kChunkBytes : 0;
}

}  // namespace kernelserve

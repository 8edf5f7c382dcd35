#include "kernels/texts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "kernels/column_reader.h"
#include "kernels/error.h"
#include "kernels/text.h"

namespace kernelserve {
namespace {

constexpr size_t kChunkUnits = 16 << 10;

}  // namespace

absl::StatusOr<Texts> Texts::Read(const ColumnView& column, absl::string_view field,
                                  RowErrorPolicy row_errors, const StopToken& stop,
                                  Preprocessing preprocessing) {
  Texts texts;
  TextReader reader(column, field, preprocessing);
  const size_t rows = column.length;
  texts.texts_.reserve(rows);
  std::array<Text, TextReader::kReadBlockRows> block;
  for (size_t first = 0; first < rows;) {
    if (stop.stopped()) return absl::CancelledError("stopped");
    reader.Release();
    const size_t most = std::min(block.size(), rows - first);
    const size_t valid = column.repeat ? most : ValidRows(column, first, most);
    if (const size_t count = valid > 0 ? reader.ReadBlock(first, valid, block.data()) : 0;
        count > 0) {
      for (size_t i = 0; i < count; ++i) texts.texts_.push_back(texts.Keep(block[i]));
      first += count;
      continue;
    }
    // The next is null, or something is amiss.
    for (const size_t end = first + std::max<size_t>(1, valid); first < end; ++first) {
      reader.Release();
      Text text;
      const RowState state = reader.Read(first, &text);
      if (state == RowState::kInvalid) {
        if (row_errors == RowErrorPolicy::kFail) return AtRow(reader.error(), first);
        texts.Note(reader.error(), first);
      }
      if (state != RowState::kValue) {
        texts.MarkNull(first, rows);
        text = Text();
      }
      texts.texts_.push_back(texts.Keep(text));
    }
  }
  return texts;
}

uint64_t Texts::BytesMax(const ColumnView& column) {
  const ColumnView& leaf = column.dictionary ? *column.dictionary : column;
  const auto ascii = [](Bytes bytes) {
    return IsAscii({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  uint64_t unit_bytes = 1;
  if ((leaf.type == DataType::kUtf8 && !ascii(leaf.values)) ||
      (leaf.type == DataType::kUtf8View &&
       !std::all_of(leaf.view_buffers.begin(), leaf.view_buffers.end(), ascii))) {
    unit_bytes = sizeof(uint32_t);
  }
  // Texts of a view's own bytes are not in a buffer: they count as if there were more.
  const uint64_t inline_unit_bytes = leaf.type == DataType::kUtf8View ? sizeof(uint32_t) : 1;
  uint64_t bytes = 0;
  uint64_t longest = 0;
  const auto add = [&](uint64_t size) {
    const uint64_t units_bytes =
        size * (size <= kInlineBytesMax ? std::max(unit_bytes, inline_unit_bytes) : unit_bytes);
    bytes += units_bytes + sizeof(uint32_t);
    longest = std::max(longest, units_bytes);
  };
  const bool plain = &leaf == &column && column.validity.empty() &&
                     (column.type == DataType::kUtf8 || column.type == DataType::kBinary);
  if (plain) {
    const auto offset = [&column](size_t row) {
      return int64_t{LoadUnaligned<int32_t>(column.offsets.data(), row)};
    };
    const auto end_max = static_cast<int64_t>(column.values.size());
    for (size_t row = 0; row < column.length; ++row) {
      const int64_t begin = offset(row);
      const int64_t end = offset(row + 1);
      // What is malformed is for Read to refuse.
      const bool is_right = 0 <= begin && begin <= end && end <= end_max;
      add(is_right ? static_cast<uint64_t>(end - begin) : 0);
    }
  } else if (&leaf == &column && column.type == DataType::kUtf8View) {
    // By their lengths alone. Of a view that is malformed, no text will be read.
    size_t longest_buffer = kInlineBytesMax;
    for (const Bytes buffer : column.view_buffers) {
      longest_buffer = std::max(longest_buffer, buffer.size());
    }
    for (size_t row = 0; row < column.length;) {
      const size_t valid = ValidRows(column, row, column.length - row);
      for (const size_t end = row + valid; row < end; ++row) {
        const auto size = LoadUnaligned<uint32_t>(column.values.data() + row * kViewBytes, 0);
        add(size <= longest_buffer ? size : 0);
      }
      if (row < column.length) {
        add(0);  // a null
        ++row;
      }
    }
  } else {
    TextReader reader(column, "");
    for (size_t row = 0; row < column.length; ++row) add(reader.Size(row));
  }
  // The rest of a chunk stays empty where the next text does not fit.
  constexpr uint64_t kChunkBytes = kChunkUnits * sizeof(uint32_t);
  const uint64_t empty = longest <= kChunkBytes / 8 ? bytes / 4 : bytes;
  return bytes + empty + kChunkBytes + column.length * (sizeof(Text) + 1);
}

Text Texts::Keep(Text text) {
  const size_t bytes = text.size() * static_cast<size_t>(text.width());
  const size_t units = (bytes + sizeof(uint32_t) - 1) / sizeof(uint32_t);
  if (units > chunk_units_ - used_units_) {
    chunk_units_ = std::max(kChunkUnits, units);
    chunks_.push_back(std::make_unique_for_overwrite<uint32_t[]>(chunk_units_));
    chunk_bytes_ += chunk_units_ * sizeof(uint32_t);
    used_units_ = 0;
  }
  if (units == 0) return Text();
  uint32_t* const memory = chunks_.back().get() + used_units_;
  used_units_ += units;
  std::memcpy(memory, text.data(), bytes);
  return text.Visit([&]<typename Unit>(std::span<const Unit> from) {
    return Text(std::span<const Unit>(reinterpret_cast<const Unit*>(memory), from.size()));
  });
}

void Texts::Note(const absl::Status& error, size_t row) {
  ++error_count_;
  if (errors_.size() == ResultBlock::kErrorsKept) return;
  errors_.push_back(
      {.row = row, .reason = ErrorReason(error), .message = std::string(error.message())});
}

void Texts::MarkNull(size_t row, size_t rows) {
  if (nulls_.empty()) nulls_.resize(rows);
  nulls_[row] = true;
}

size_t Texts::bytes() const {
  return texts_.capacity() * sizeof(Text) + nulls_.capacity() / 8 + chunk_bytes_;
}

}  // namespace kernelserve

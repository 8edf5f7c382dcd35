#include "kernels/texts.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "kernels/column_reader.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

constexpr size_t kChunkUnits = 16 << 10;
// Rows between two looks at the stop token.
constexpr size_t kPollRows = 4096;

}  // namespace

absl::StatusOr<Texts> Texts::Read(const ColumnView& column, absl::string_view field,
                                  RowErrorPolicy row_errors, const StopToken& stop) {
  Texts texts;
  TextReader reader(column, field);
  const size_t rows = column.length;
  texts.texts_.reserve(rows);
  for (size_t row = 0; row < rows; ++row) {
    if (row % kPollRows == 0 && stop.stopped()) return absl::CancelledError("stopped");
    if (reader.full() || row % kPollRows == 0) reader.Release();
    Text text;
    const RowState state = reader.Read(row, &text);
    if (state == RowState::kInvalid) {
      if (row_errors == RowErrorPolicy::kFail) return AtRow(reader.error(), row);
      ++texts.error_count_;
      if (texts.errors_.size() < ResultBlock::kErrorsKept) {
        texts.errors_.push_back({.row = row,
                                 .reason = ErrorReason(reader.error()),
                                 .message = std::string(reader.error().message())});
      }
    }
    if (state != RowState::kValue) {
      texts.MarkNull(row, rows);
      text = Text();
    }
    texts.texts_.push_back(texts.Keep(text));
  }
  return texts;
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

void Texts::MarkNull(size_t row, size_t rows) {
  if (nulls_.empty()) nulls_.resize(rows);
  nulls_[row] = true;
}

size_t Texts::bytes() const {
  return texts_.capacity() * sizeof(Text) + nulls_.capacity() / 8 + chunk_bytes_;
}

}  // namespace kernelserve

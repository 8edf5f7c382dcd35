#include "kernels/string_distance/record_side.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"

namespace kernelserve {

uint64_t RecordSide::PreparedBytesMax() const {
  uint64_t bytes = 0;
  if (rows == nullptr) return bytes;
  for (const RecordColumn& each : columns) bytes += Texts::BytesMax(*each.column);
  return bytes;
}

absl::Status RecordSide::Prepare(const StopToken& stop) {
  if (rows == nullptr) return absl::OkStatus();
  for (const RecordColumn& each : columns) {
    absl::StatusOr<Texts> read =
        Texts::Read(*each.column, each.field, RowErrorPolicy::kNull, stop, each.preprocessing);
    if (!read.ok()) return read.status();
    texts.push_back(*std::move(read));
  }
  return absl::OkStatus();
}

RecordReader::RecordReader(const RecordSide& side) : side_(side) {
  if (side.rows != nullptr) rows_.emplace(*side.rows, side.field);
  for (const RecordColumn& each : side.columns) {
    readers_.emplace_back(*each.column, each.field, each.preprocessing);
  }
}

RowState RecordReader::FindRow(size_t pair, size_t* row, absl::Status* error) {
  if (!rows_) {
    *row = pair;
    return RowState::kValue;
  }
  uint64_t number = 0;
  const RowState state = rows_->Read(pair, &number);
  if (state == RowState::kInvalid) *error = rows_->error();
  if (state != RowState::kValue) return state;
  *row = static_cast<size_t>(number);
  if (*row < side_.length) return RowState::kValue;
  const std::string bound = absl::StrCat("a row below ", side_.length);
  const std::string value = absl::StrCat("row ", number);
  *error = MakeError(
      absl::StatusCode::kInvalidArgument,
      {.reason = "MALFORMED_COLUMN", .field = side_.field, .bound = bound, .value = value},
      absl::StrCat(side_.field, " has ", value, ", expected ", bound));
  return RowState::kInvalid;
}

bool RecordReader::FindRows(size_t first, size_t count, size_t* found) const {
  if (side_.rows == nullptr) {
    std::iota(found, found + count, first);
    return true;
  }
  const ColumnView& rows = *side_.rows;
  // As our own client sends them.
  const bool plain = rows.type == DataType::kInt32 && rows.validity.empty() && !rows.repeat &&
                     rows.dictionary == nullptr;
  if (!plain) return false;
  size_t greatest = 0;
  for (size_t i = 0; i < count; ++i) {
    // Of one below 0, this is greater than any length.
    found[i] = static_cast<uint32_t>(LoadUnaligned<int32_t>(rows.values.data(), first + i));
    greatest = std::max(greatest, found[i]);
  }
  return greatest < std::min<size_t>(side_.length, uint32_t{1} << 31);
}

RowState RecordReader::Read(size_t column, size_t row, Text* text, absl::Status* error) {
  if (const Text* prepared = Prepared(column, row)) {
    *text = *prepared;
    return RowState::kValue;
  }
  TextReader& reader = readers_[column];
  const RowState state = reader.Read(row, text);
  if (state == RowState::kInvalid) *error = reader.error();
  return state;
}

}  // namespace kernelserve

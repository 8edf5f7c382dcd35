#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SIDE_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SIDE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kernels/column.h"
#include "kernels/column_reader.h"
#include "kernels/default_process.h"
#include "kernels/number_reader.h"
#include "kernels/stop_token.h"
#include "kernels/text.h"
#include "kernels/texts.h"

namespace kernelserve {

// A column of one side of pairs of records.
struct RecordColumn {
  const ColumnView* column;
  std::string field;
  Preprocessing preprocessing;
};

// The records of one side, and which of them pairs are of.
struct RecordSide {
  static constexpr size_t kAnyRow = std::numeric_limits<size_t>::max();

  const ColumnView* rows = nullptr;  // the record's row, for each pair; none: that of its number
  std::string field = {};            // of `rows`
  std::vector<RecordColumn> columns = {};
  size_t length = kAnyRow;        // of the columns, where there are rows
  std::vector<Texts> texts = {};  // of the columns, once prepared, where many pairs name a record

  // What Prepare() will take, in bytes at most.
  uint64_t PreparedBytesMax() const;
  // Decodes texts once. What is amiss matters, and is told, where a pair has it.
  absl::Status Prepare(const StopToken& stop);
};

// Reads a side for one thread. The side outlives it.
class RecordReader {
 public:
  explicit RecordReader(const RecordSide& side);

  // Which row of the columns a pair has.
  RowState FindRow(size_t pair, size_t* row, absl::Status* error);
  // The same of pairs [first, first + count). False where one has none, with anything in `found`.
  bool FindRows(size_t first, size_t count, size_t* found) const;

  // The text of a row where that was prepared; else null.
  const Text* Prepared(size_t column, size_t row) const {
    if (side_.texts.empty()) return nullptr;
    const Texts& texts = side_.texts[column];
    const size_t place = side_.columns[column].column->Physical(row);
    return texts.is_null(place) ? nullptr : &texts[place];
  }
  // The text of a row. Stays valid until Release().
  RowState Read(size_t column, size_t row, Text* text, absl::Status* error);
  // As TextReader's.
  bool full(size_t column) const { return readers_[column].full(); }
  void Release(size_t column) { readers_[column].Release(); }

  // The size of a text, for estimates.
  size_t Size(size_t column, size_t row) {
    const Text* prepared = Prepared(column, row);
    return prepared ? prepared->size() : static_cast<size_t>(readers_[column].Size(row));
  }

 private:
  const RecordSide& side_;
  std::optional<NumberReader<uint64_t>> rows_;
  std::deque<TextReader> readers_;  // which can't be moved
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SIDE_H_

#ifndef KERNELSERVE_KERNELS_TEXTS_H_
#define KERNELSERVE_KERNELS_TEXTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/column.h"
#include "kernels/kernel.h"
#include "kernels/result_block.h"
#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// Every text of a column, decoded once into memory of its own: for what looks at each many times,
// or trusts that it stays the same. Immutable, and safe to share between threads.
class Texts {
 public:
  // Rows of a column that has passed ValidateLayout and CheckTextColumn, with `preprocessing` done
  // to each. A null, and under RowErrorPolicy::kNull a row that is no UTF-8, is an empty text with
  // is_null(). Errors name `field` and the row.
  static absl::StatusOr<Texts> Read(const ColumnView& column, absl::string_view field,
                                    RowErrorPolicy row_errors, const StopToken& stop,
                                    Preprocessing preprocessing = Preprocessing::kNone);
  // At least what bytes() of such a column's texts is: a few bytes in a dictionary or in views can
  // be every row's. Looks at the size of each row, and at whether there is more than ASCII.
  static uint64_t BytesMax(const ColumnView& column);
  // Texts as they are, for as long as what they point to.
  explicit Texts(std::vector<Text> texts) : texts_(std::move(texts)) {}

  size_t size() const { return texts_.size(); }
  const Text& operator[](size_t i) const { return texts_[i]; }
  std::span<const Text> all() const { return texts_; }
  bool is_null(size_t i) const { return !nulls_.empty() && nulls_[i]; }
  bool has_nulls() const { return !nulls_.empty(); }

  // Rows that could not be read, of which the first few are kept.
  uint64_t error_count() const { return error_count_; }
  std::span<const RowError> errors() const { return errors_; }

  size_t bytes() const;  // on the heap

 private:
  Texts() = default;
  Text Keep(Text text);
  void Note(const absl::Status& error, size_t row);
  void MarkNull(size_t row, size_t rows);

  std::vector<Text> texts_;
  std::vector<bool> nulls_;  // empty: there are none
  uint64_t error_count_ = 0;
  std::vector<RowError> errors_;
  std::vector<std::unique_ptr<uint32_t[]>> chunks_;
  size_t chunk_units_ = 0;  // of the last one
  size_t used_units_ = 0;
  size_t chunk_bytes_ = 0;  // of all
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_TEXTS_H_

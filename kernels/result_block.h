#ifndef KERNELSERVE_KERNELS_RESULT_BLOCK_H_
#define KERNELSERVE_KERNELS_RESULT_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/column.h"
#include "kernels/data_type.h"

namespace kernelserve {

// A row that has no result, and why. `row` counts from the first row of the call.
struct RowError {
  uint64_t row = 0;
  std::string reason;  // as ErrorDetails::reason
  std::string message;
};

// The results of consecutive rows, appended in order by one task. Blocks of consecutive ranges,
// one after the other, make the result column (server/columns/encoder.h).
//
// Numbers are stored as `type`: an integer beyond its range saturates, and a double given to an
// integer type is refused by whoever binds the kernel, never here. Not thread-safe.
class ResultBlock {
 public:
  // `type` is a number type, bool (one byte a row here, 0 or 1), utf8 or binary; rows() may not
  // pass rows_max.
  ResultBlock(DataType type, size_t rows_max);

  void Append(std::span<const int64_t> values);
  void Append(std::span<const uint64_t> values);
  void Append(std::span<const double> values);
  void Append(bool value);
  void Append(std::string_view value);
  void AppendNull(size_t count = 1);
  void AppendError(RowError error);  // a null with its reason; kept up to kErrorsKept

  static constexpr size_t kErrorsKept = 16;

  DataType type() const { return type_; }
  size_t rows() const { return rows_; }
  // rows() elements of FixedWidth(type()) bytes (bool: 1); the bytes of all rows for utf8, binary.
  Bytes values() const;
  // For utf8 and binary: where each row's bytes end in values().
  std::span<const uint64_t> ends() const { return ends_; }
  // One bit a row from bit 0, 1 = has a value; empty: all have.
  std::span<const uint8_t> validity() const { return validity_; }
  uint64_t null_count() const { return null_count_; }
  // Bounds on the integers appended; min > max where none was. An integer type holds both bounds if
  // and only if it holds every integer: max is exact but for the bits below its highest one.
  int64_t min() const { return min_; }
  int64_t max() const { return max_; }
  uint64_t error_count() const { return error_count_; }
  std::span<const RowError> errors() const { return errors_; }

 private:
  template <typename T>
  void AppendAs(std::span<const T> values);
  bool AppendSmall(std::span<const int64_t> values, uint8_t* to);
  void MarkValid(size_t count);

  DataType type_;
  size_t width_;
  size_t rows_max_;
  size_t rows_ = 0;
  std::unique_ptr<uint8_t[]> fixed_;
  std::string variable_;
  std::vector<uint64_t> ends_;
  std::vector<uint8_t> validity_;
  uint64_t null_count_ = 0;
  int64_t min_;
  int64_t max_;
  uint64_t error_count_ = 0;
  std::vector<RowError> errors_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_RESULT_BLOCK_H_

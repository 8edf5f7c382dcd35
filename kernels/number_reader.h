#ifndef KERNELSERVE_KERNELS_NUMBER_READER_H_
#define KERNELSERVE_KERNELS_NUMBER_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "kernels/column.h"
#include "kernels/column_reader.h"

namespace kernelserve {

// Reads any integer or float type (and bool for bool) as T: int64_t, uint64_t, double or bool.
// A value that an integer T does not hold (negative for uint64_t, a fraction) is kInvalid; an
// integer over 2^53 becomes the nearest double.
template <typename T>
class NumberReader {
 public:
  NumberReader(const ColumnView& column, absl::string_view field) : locator_(column, field) {}

  RowState Read(size_t row, T* value) {
    size_t place;
    if (const RowState state = locator_.Locate(row, &place); state != RowState::kValue) {
      return state;
    }
    return ReadAt(place, value);
  }

  const absl::Status& error() const { return locator_.error(); }

 private:
  RowState ReadAt(size_t place, T* value);

  RowLocator locator_;
};

extern template class NumberReader<int64_t>;
extern template class NumberReader<uint64_t>;
extern template class NumberReader<double>;
extern template class NumberReader<bool>;

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_NUMBER_READER_H_

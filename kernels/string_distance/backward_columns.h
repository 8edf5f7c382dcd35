#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_BACKWARD_COLUMNS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_BACKWARD_COLUMNS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kernelserve {

// The columns of a matrix, which can be computed from the first on only, read from the last on, in
// memory for few of them: some are kept on the way, and those between are computed again when it is
// their turn. Where all fit into kKeptBytes, all are kept.
//
// Each time, a sixteenth of the way that is left is gone before the next one is kept. So there are
// at most 16 * ln(columns) of them, and a column is computed about 1 + ln(columns) / 4 times.
template <typename Column>
class BackwardColumns {
 public:
  // `first` is column 0; each column has column_bytes.
  BackwardColumns(Column first, size_t column_bytes) : all_kept_below_(AllKept(column_bytes)) {
    kept_.push_back({0, std::move(first)});
  }

  // Column j, which is at most that of the last call, or the last column in the first call.
  // next(column, j) makes column j of column j - 1; false where it stopped. Null once it has.
  // Valid until the next call.
  template <typename Next>
  const Column* At(size_t j, const Next& next) {
    while (kept_.back().index > j) kept_.pop_back();
    while (kept_.back().index < j) {
      const size_t way = j - kept_.back().index;
      const size_t steps = way <= all_kept_below_ ? 1 : std::max<size_t>(1, way / kParts);
      Kept kept = kept_.back();
      for (size_t i = 0; i < steps; ++i) {
        if (!next(&kept.column, ++kept.index)) return nullptr;
      }
      kept_.push_back(std::move(kept));
    }
    return &kept_.back().column;
  }

  // Of all columns that are kept at a time.
  static uint64_t BytesMax(size_t columns, size_t column_bytes) {
    const auto ways = static_cast<double>(columns) / static_cast<double>(AllKept(column_bytes));
    const double sparse = kParts * (1 + std::log(std::max(1.0, ways)));
    const double all = static_cast<double>(columns) * static_cast<double>(column_bytes);
    return static_cast<uint64_t>(std::min(
        all, static_cast<double>(kKeptBytes) + sparse * static_cast<double>(column_bytes)));
  }

 private:
  static constexpr size_t kKeptBytes = 1 << 20;
  static constexpr size_t kParts = 16;

  struct Kept {
    size_t index;
    Column column;
  };

  static size_t AllKept(size_t column_bytes) {
    return std::max<size_t>(1, kKeptBytes / std::max<size_t>(1, column_bytes));
  }

  const size_t all_kept_below_;
  std::vector<Kept> kept_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_BACKWARD_COLUMNS_H_

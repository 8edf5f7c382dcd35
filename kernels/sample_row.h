#ifndef KERNELSERVE_KERNELS_SAMPLE_ROW_H_
#define KERNELSERVE_KERNELS_SAMPLE_ROW_H_

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/default_process.h"

namespace kernelserve::define_internal {

// Estimated for kernels that don't say.
inline constexpr double kDefaultCostNs = 50;
// Reading a byte of a text: the most where it is not ASCII is about twice this, the least a tenth.
inline constexpr double kReadByteNs = 0.5;
inline constexpr double kPreprocessByteNs = 1;

inline double ReadTextNs(size_t bytes, Preprocessing preprocessing) {
  const double byte_ns =
      preprocessing == Preprocessing::kNone ? kReadByteNs : kReadByteNs + kPreprocessByteNs;
  return byte_ns * static_cast<double>(bytes);
}

// Costs of a long column are sampled: every row of a short one, else one in so many. More of them
// would show: each costs what two or three rows of short words do.
inline constexpr size_t kSampleEvery = 64;
inline constexpr size_t kSampledOver = 4096;

// The row that stands for rows [begin, begin + count) in an estimate: any of them, by chance,
// though always the same one in a process. A sender can't put dear rows where none is looked at,
// and so a task takes what was estimated on average, whatever comes in.
size_t SampleRow(size_t begin, size_t count);

// BoundKernel::CostNs where row_cost(row) estimates a row, in nanoseconds. Rows of several texts on
// either side take several times as long to look at: `columns` of them are sampled that much less.
template <typename RowCost>
double SampledCostNs(size_t rows, const RowCost& row_cost, size_t columns = 1) {
  const size_t sampled = std::max<size_t>(1, kSampledOver / columns);
  const size_t stride = (rows + sampled - 1) / sampled;
  double cost_ns = 0;
  for (size_t row = 0; row < rows; row += stride) {
    const size_t count = std::min(stride, rows - row);
    cost_ns += row_cost(SampleRow(row, count)) * count;
  }
  return cost_ns;
}

// BoundKernel::TaskEnd, by the same.
template <typename RowCost>
size_t SampledTaskEnd(size_t begin, size_t rows, double budget_ns, const RowCost& row_cost,
                      double* cost_ns, size_t columns = 1) {
  const size_t stride = rows > kSampledOver / columns ? kSampleEvery * columns : 1;
  *cost_ns = 0;
  size_t end = begin;
  while (end < rows && *cost_ns < budget_ns) {
    const size_t some = std::min(stride, rows - end);
    const double row_ns = row_cost(SampleRow(end, some));
    // Of dear rows, no more than there is budget for.
    const double affordable = std::max(1.0, std::ceil((budget_ns - *cost_ns) / row_ns));
    const size_t count = affordable < some ? static_cast<size_t>(affordable) : some;
    *cost_ns += row_ns * count;
    end += count;
  }
  return end;
}

}  // namespace kernelserve::define_internal

#endif  // KERNELSERVE_KERNELS_SAMPLE_ROW_H_

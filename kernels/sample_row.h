#ifndef KERNELSERVE_KERNELS_SAMPLE_ROW_H_
#define KERNELSERVE_KERNELS_SAMPLE_ROW_H_

#include <cstddef>

namespace kernelserve::define_internal {

// Costs of a long column are sampled: every row of a short one, else one in so many. More of them
// would show: each costs what two or three rows of short words do.
inline constexpr size_t kSampleEvery = 64;
inline constexpr size_t kSampledOver = 4096;

// The row that stands for rows [begin, begin + count) in an estimate: any of them, by chance,
// though always the same one in a process. A sender can't put dear rows where none is looked at,
// and so a task takes what was estimated on average, whatever comes in.
size_t SampleRow(size_t begin, size_t count);

}  // namespace kernelserve::define_internal

#endif  // KERNELSERVE_KERNELS_SAMPLE_ROW_H_

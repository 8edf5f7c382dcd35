#ifndef KERNELSERVE_KERNELS_RESULT_VALUES_H_
#define KERNELSERVE_KERNELS_RESULT_VALUES_H_

#include <cstring>
#include <vector>

#include "kernels/result_block.h"

// For tests of what writes blocks.
namespace kernelserve {

// The values of a block of numbers, row by row, also where a row has none.
template <typename T>
std::vector<T> ValuesOf(const ResultBlock& block) {
  std::vector<T> values(block.rows());
  std::memcpy(values.data(), block.values().data(), block.values().size());
  return values;
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_RESULT_VALUES_H_

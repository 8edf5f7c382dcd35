#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_COST_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_COST_H_

#include <cstddef>
#include <cstdint>

namespace kernelserve {

// An upper bound, from the sizes of two texts alone, of what it takes to find more about them than
// a score: the edits between them, or which parts of them fit best.
struct PairCost {
  double ns;       // on one core, right within an order of magnitude
  uint64_t bytes;  // of memory, besides the result and a copy of the texts in four bytes a unit
  size_t edits;    // of the longest script that there can be
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_COST_H_

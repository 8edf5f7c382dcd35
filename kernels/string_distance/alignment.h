#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_H_

#include <cstddef>
#include <optional>

#include "kernels/string_distance/editops.h"

namespace kernelserve {

// The parts of two texts that fit best, left[left_begin, left_end) and right[right_begin,
// right_end) in units, and how well they do. With a script where the scorer has one: the edits from
// the one part to the other, positions counted from their begins.
struct Alignment {
  double score = 0;
  size_t left_begin = 0;
  size_t left_end = 0;
  size_t right_begin = 0;
  size_t right_end = 0;
  std::optional<Editops> script;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_H_

#include <cstddef>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The greatest ratio, 0 to 100, of the shorter text and a part of the longer one: one of as many
// units as the shorter has, or a shorter one at either end. Where both have as many units, either
// may be the whole one. Anything once `stop` is set.
double PartialRatio(Text left, Text right, StopToken stop);

// Estimated nanoseconds on one core.
double PartialRatioCostNs(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_H_

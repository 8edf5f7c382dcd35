#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_H_

#include <cstddef>

#include "kernels/stop_token.h"
#include "kernels/string_distance/ratio_queue.h"
#include "kernels/text.h"

namespace kernelserve {

// The greatest ratio of the shorter text and a part of the longer one: one of as many units as the
// shorter has, or a shorter one at either end. Where both have as many units, either may be the
// whole one.
//
// Of short texts, every part that can be the best is compared, many at once; of long ones, those
// that lie too close to a worse one to be better are left out. At most O((n + m) * m * m / 64) for
// m units of the shorter.
class PartialRatio {
 public:
  // Adds to `queue` what Score() needs.
  PartialRatio(Text left, Text right, RatioQueue* queue, StopToken stop);

  // After queue->Run().
  double Score(const RatioQueue& queue) const;

  static double CostNs(size_t left_size, size_t right_size);

 private:
  size_t begin_ = 0;  // of the parts in the queue
  size_t end_ = 0;
  double best_ = 0;  // of what was computed at once
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_H_

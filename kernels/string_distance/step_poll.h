#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_STEP_POLL_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_STEP_POLL_H_

#include <cstddef>

#include "kernels/stop_token.h"

namespace kernelserve {

// Polls a stop token once in so many steps of a few nanoseconds each: about every 0.1 ms.
class StepPoll {
 public:
  static constexpr size_t kStepsBetween = 1 << 15;

  explicit StepPoll(StopToken stop) : stop_(stop) {}

  // Counts `steps` more. Call it at least once in kStepsBetween steps.
  bool Stopped(size_t steps) {
    if (steps < left_) {
      left_ -= steps;
      return false;
    }
    left_ = kStepsBetween;
    return stop_.Poll();
  }

 private:
  StopToken stop_;
  size_t left_ = kStepsBetween;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_STEP_POLL_H_

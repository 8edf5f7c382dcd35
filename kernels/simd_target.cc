#include "kernels/simd_target.h"

#include <cstdint>

#include "hwy/highway.h"

namespace kernelserve {

std::string SimdTarget() {
  // Of the targets that are compiled in and that the CPU has, Highway dispatches to the best,
  // which is the lowest bit.
  const int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(targets & -targets);
}

}  // namespace kernelserve

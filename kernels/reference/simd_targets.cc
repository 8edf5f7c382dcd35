#include "kernels/reference/simd_targets.h"

#include <cstdint>

#include "hwy/highway.h"
#include "hwy/targets.h"

namespace kernelserve::reference {

int ForEachSimdTarget(const std::function<void(const char* name)>& test) {
  int count = 0;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    test(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(0);
    ++count;
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return count;
}

}  // namespace kernelserve::reference

#ifndef KERNELSERVE_KERNELS_REFERENCE_SIMD_TARGETS_H_
#define KERNELSERVE_KERNELS_REFERENCE_SIMD_TARGETS_H_

#include <functional>

namespace kernelserve::reference {

// Calls `test` once for each SIMD target that is both compiled in and supported by this machine,
// with dynamic dispatch bound to it, and its name; afterwards the best one is chosen again. Returns
// how many there were. Not safe while another thread runs a kernel.
int ForEachSimdTarget(const std::function<void(const char* name)>& test);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_SIMD_TARGETS_H_

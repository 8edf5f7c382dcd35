#ifndef KERNELSERVE_KERNELS_SIMD_TARGET_H_
#define KERNELSERVE_KERNELS_SIMD_TARGET_H_

#include <string>

namespace kernelserve {

// The instruction set that kernels with SIMD use on this machine, by Highway's name: "AVX3".
std::string SimdTarget();

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_SIMD_TARGET_H_

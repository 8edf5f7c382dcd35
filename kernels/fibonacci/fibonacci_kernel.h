#ifndef KERNELSERVE_KERNELS_FIBONACCI_FIBONACCI_KERNEL_H_
#define KERNELSERVE_KERNELS_FIBONACCI_FIBONACCI_KERNEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/data_type.h"
#include "kernels/kernel.h"
#include "kernels/parameters.h"
#include "kernels/stop_token.h"

namespace kernelserve {

// Fibonacci numbers as a kernel of the catalog: uint64, or magnitudes of any size where binary
// results are asked for.
struct FibonacciKernel {
  struct Parameters {
    std::optional<uint64_t> modulus;
    uint64_t exact_max = KernelLimits().fibonacci_n_max;  // the largest n of an exact result

    void SetLimits(const KernelLimits& limits) { exact_max = limits.fibonacci_n_max; }
    static constexpr auto Fields() {
      return std::tuple(ParameterField("modulus", &Parameters::modulus,
                                       "Gives F(n) modulo it, 1 to 2^64 - 1, for any n."));
    }
  };

  static constexpr DataType kResults[] = {DataType::kUint64, DataType::kBinary};

  static absl::Status Validate(const Parameters& parameters);
  static double Cost(uint64_t n, const Parameters& parameters);
  static uint64_t ResultBytes(uint64_t n, const Parameters& parameters);

  // OVERFLOW past n = 93 without a modulus.
  static absl::StatusOr<uint64_t> Run(uint64_t n, const Parameters& parameters,
                                      const StopToken& stop);
  static absl::StatusOr<std::string> RunBinary(uint64_t n, const Parameters& parameters,
                                               const StopToken& stop);
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_FIBONACCI_FIBONACCI_KERNEL_H_

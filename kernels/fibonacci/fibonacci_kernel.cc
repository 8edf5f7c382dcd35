#include "kernels/fibonacci/fibonacci_kernel.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "kernels/fibonacci/fibonacci.h"

namespace kernelserve {

absl::Status FibonacciKernel::Validate(const Parameters& parameters) {
  if (!parameters.modulus) return absl::OkStatus();
  return FibonacciModulo(0, *parameters.modulus).status();
}

double FibonacciKernel::Cost(uint64_t n, const Parameters& parameters) {
  if (parameters.modulus) return kFibonacciModuloCostNs;
  if (n <= kFibonacciSmallMax) return 20;  // reading the row, and storing it
  return static_cast<double>(FibonacciMagnitudeCostNs(std::min(n, parameters.exact_max)));
}

uint64_t FibonacciKernel::ResultBytes(uint64_t n, const Parameters& parameters) {
  if (parameters.modulus) return sizeof(uint64_t);
  return n <= parameters.exact_max ? FibonacciBytesMax(n) : 0;  // over it, the row fails
}

absl::StatusOr<uint64_t> FibonacciKernel::Run(uint64_t n, const Parameters& parameters,
                                              const StopToken& stop) {
  if (parameters.modulus) return FibonacciModulo(n, *parameters.modulus);
  if (n > kFibonacciSmallMax) return FibonacciOverflowError(n);
  return FibonacciSmall(n);
}

absl::StatusOr<std::string> FibonacciKernel::RunBinary(uint64_t n, const Parameters& parameters,
                                                       const StopToken& stop) {
  if (parameters.modulus) {
    const absl::StatusOr<uint64_t> residue = FibonacciModulo(n, *parameters.modulus);
    if (!residue.ok()) return residue.status();
    std::string magnitude;
    for (uint64_t rest = *residue; rest > 0; rest >>= 8) {
      magnitude.push_back(static_cast<char>(rest & 0xff));
    }
    return magnitude;
  }
  if (n > parameters.exact_max) {
    const std::string bound = absl::StrCat("at most ", parameters.exact_max, " without a modulus");
    return OutOfRangeError("n", bound, absl::StrCat(n));
  }
  return FibonacciMagnitude(n, stop);
}

}  // namespace kernelserve

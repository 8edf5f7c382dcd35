#ifndef KERNELSERVE_KERNELS_REFERENCE_FIBONACCI_H_
#define KERNELSERVE_KERNELS_REFERENCE_FIBONACCI_H_

#include <cstdint>
#include <string>

namespace kernelserve::reference {

// The oracle for Fibonacci numbers, by their definition.

uint64_t FibonacciRecursive(uint64_t n);  // takes F(n) calls

// F(n) as a little-endian magnitude without leading zeros, by n schoolbook additions of bytes.
std::string FibonacciMagnitude(uint64_t n);

// F(n) mod modulus by n additions. modulus is at least 1.
uint64_t FibonacciModulo(uint64_t n, uint64_t modulus);

// Adds two magnitudes by the byte.
std::string AddMagnitudes(const std::string& a, const std::string& b);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_FIBONACCI_H_

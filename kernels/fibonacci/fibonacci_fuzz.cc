// Every entry of the Fibonacci kernel against the reference: two bytes of n, eight of a modulus.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/fibonacci/fibonacci.h"
#include "kernels/reference/fibonacci.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 10) return 0;
  uint16_t n;
  uint64_t modulus;
  std::memcpy(&n, data, sizeof(n));
  std::memcpy(&modulus, data + sizeof(n), sizeof(modulus));
  n %= 4096;  // the reference takes n^2

  const std::string expected = kernelserve::reference::FibonacciMagnitude(n);
  Check(*kernelserve::FibonacciMagnitude(n) == expected);
  Check(expected.size() <= kernelserve::FibonacciBytesMax(n));
  auto terms = kernelserve::FibonacciTerms::Make(n);
  std::string magnitude;
  terms->AppendMagnitude(&magnitude);
  Check(magnitude == expected);

  const auto residue = kernelserve::FibonacciModulo(n, modulus);
  Check(residue.ok() == (modulus != 0));
  if (modulus == 0) return 0;
  Check(*residue == kernelserve::reference::FibonacciModulo(n, modulus));
  auto modulo_terms = kernelserve::FibonacciModuloTerms::Make(n, modulus);
  std::vector<uint64_t> two(2);
  modulo_terms->Next(two);
  Check(two[0] == *residue);
  Check(two[1] == kernelserve::reference::FibonacciModulo(n + 1, modulus));
  return 0;
}

#include "kernels/reference/fibonacci.h"

#include <algorithm>
#include <utility>

namespace kernelserve::reference {

__extension__ using Wide = unsigned __int128;

uint64_t FibonacciRecursive(uint64_t n) {
  return n < 2 ? n : FibonacciRecursive(n - 1) + FibonacciRecursive(n - 2);
}

std::string AddMagnitudes(const std::string& a, const std::string& b) {
  const auto byte = [](const std::string& bytes, size_t i) -> unsigned {
    return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0;
  };
  std::string sum;
  unsigned carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    carry += byte(a, i) + byte(b, i);
    sum.push_back(static_cast<char>(carry & 0xFF));
    carry >>= 8;
  }
  if (carry != 0) sum.push_back(static_cast<char>(carry));
  return sum;
}

std::string FibonacciMagnitude(uint64_t n) {
  std::string term;
  std::string following = "\x01";
  for (uint64_t i = 0; i < n; ++i) {
    std::string sum = AddMagnitudes(term, following);
    term = std::move(following);
    following = std::move(sum);
  }
  return term;
}

uint64_t FibonacciModulo(uint64_t n, uint64_t modulus) {
  Wide term = 0;
  Wide following = 1 % modulus;
  for (uint64_t i = 0; i < n; ++i) {
    const Wide sum = (term + following) % modulus;
    term = following;
    following = sum;
  }
  return static_cast<uint64_t>(term);
}

}  // namespace kernelserve::reference

#ifndef KERNELSERVE_KERNELS_FIBONACCI_FIBONACCI_H_
#define KERNELSERVE_KERNELS_FIBONACCI_FIBONACCI_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/stop_token.h"

namespace kernelserve {

// Fibonacci numbers: F(0) = 0, F(1) = 1, F(n) = F(n - 1) + F(n - 2). Everything here is safe to
// call from any thread. Exact numbers of any size travel as magnitudes: little-endian bytes
// without leading zeros, so that F(0) is the empty string.

// The largest n whose F(n) fits in 64 bits.
inline constexpr uint64_t kFibonacciSmallMax = 93;

// F(n), from a table. Requires n <= kFibonacciSmallMax.
uint64_t FibonacciSmall(uint64_t n);

// Bytes of F(n)'s magnitude: exact or one more (n * log2(phi) / 8). Any n.
uint64_t FibonacciBytesMax(uint64_t n);

// F(n) as a magnitude, by GMP and fast doubling: O(M(n)), with M the cost of multiplying numbers of
// n bits. CANCELLED once stopped. Stopping is polled between multiplications, which GMP can't
// interrupt: the longest takes a third of the whole, 0.5 ms at n = 10^6, 15 ms at 10^7, 0.3 s at
// 10^8. Callers bound n: GMP ends the process where memory runs out, of which this takes about 5 *
// FibonacciBytesMax(n).
absl::StatusOr<std::string> FibonacciMagnitude(uint64_t n, StopToken stop = {});

// F(n) mod `modulus` for any n, by fast doubling: 64 steps. OUT_OF_RANGE, field "modulus", where
// that is 0; a modulus of 1 gives 0.
absl::StatusOr<uint64_t> FibonacciModulo(uint64_t n, uint64_t modulus);

// A column at once; `out` has the size of `n`.
//
// Rows with n over kFibonacciSmallMax get 0 and are appended to `overflow_rows`, ascending. The
// error of such a row is FibonacciOverflowError(n).
void FibonacciBlock(std::span<const uint64_t> n, std::span<uint64_t> out,
                    std::vector<size_t>* overflow_rows);
absl::Status FibonacciModuloBlock(std::span<const uint64_t> n, uint64_t modulus,
                                  std::span<uint64_t> out, StopToken stop = {});
// OUT_OF_RANGE, reason OVERFLOW, field "n".
absl::Status FibonacciOverflowError(uint64_t n);

// Consecutive terms F(first), F(first + 1), ..., in as many calls as the caller likes; each term
// costs one addition. `first` + the terms asked for stay under 2^64.
class FibonacciTerms {
 public:
  // Costs as FibonacciMagnitude(first). CANCELLED once stopped.
  static absl::StatusOr<FibonacciTerms> Make(uint64_t first, StopToken stop = {});
  ~FibonacciTerms();
  FibonacciTerms(FibonacciTerms&&) noexcept;
  FibonacciTerms& operator=(FibonacciTerms&&) noexcept;

  // The index of the next term.
  uint64_t next() const { return next_; }
  // Appends the next term's magnitude to `magnitudes`.
  void AppendMagnitude(std::string* magnitudes);
  // Sets out to the next terms while they fit in 64 bits, and returns how many: fewer than
  // out.size() once next() is over kFibonacciSmallMax.
  size_t Next(std::span<uint64_t> out);

 private:
  struct Pair;  // F(next_) and F(next_ + 1)
  FibonacciTerms(uint64_t first, std::unique_ptr<Pair> pair);

  uint64_t next_;
  std::unique_ptr<Pair> pair_;
};

// Consecutive terms modulo `modulus`: as FibonacciTerms, and never over 64 bits.
class FibonacciModuloTerms {
 public:
  static absl::StatusOr<FibonacciModuloTerms> Make(uint64_t first, uint64_t modulus);

  uint64_t next() const { return next_; }
  void Next(std::span<uint64_t> out);

 private:
  FibonacciModuloTerms(uint64_t first, uint64_t modulus, uint64_t a, uint64_t b)
      : next_(first), modulus_(modulus), a_(a), b_(b) {}

  uint64_t next_;
  uint64_t modulus_;
  uint64_t a_;  // F(next_) mod modulus_
  uint64_t b_;  // F(next_ + 1) mod modulus_
};

// Estimated nanoseconds on one core, right within an order of magnitude.
int64_t FibonacciMagnitudeCostNs(uint64_t n);
int64_t FibonacciTermCostNs(uint64_t n);  // of one consecutive term near n, as a magnitude
inline constexpr int64_t kFibonacciSmallCostNs = 1;
inline constexpr int64_t kFibonacciModuloCostNs = 500;
inline constexpr int64_t kFibonacciModuloTermCostNs = 2;

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_FIBONACCI_FIBONACCI_H_

#include "kernels/fibonacci/fibonacci.h"

#include <gmp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

constexpr auto kSmall = [] {
  std::array<uint64_t, kFibonacciSmallMax + 1> terms{};
  terms[1] = 1;
  for (size_t n = 2; n < terms.size(); ++n) terms[n] = terms[n - 1] + terms[n - 2];
  return terms;
}();

// A GMP integer that frees itself. (gmpxx would bring operators, whose temporaries cost too much
// here.)
class Integer {
 public:
  explicit Integer(uint64_t value = 0) { mpz_init_set_ui(value_, value); }
  ~Integer() { mpz_clear(value_); }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;

  // As mpz_t itself converts: GMP's functions take one by its name.
  operator mpz_ptr() { return value_; }           // NOLINT(google-explicit-constructor)
  operator mpz_srcptr() const { return value_; }  // NOLINT(google-explicit-constructor)
  void Swap(Integer& other) { mpz_swap(value_, other.value_); }

  void AppendMagnitude(std::string* bytes) const {
    const size_t begin = bytes->size();
    const size_t size = (mpz_sizeinbase(value_, 2) + 7) / 8;
    if (mpz_sgn(value_) == 0) return;
    // By the word, which is far quicker than by the byte; the last word's leading zeros come off.
    bytes->resize(begin + (size + 7) / 8 * 8);
    mpz_export(bytes->data() + begin, nullptr, /*order=*/-1, /*size=*/8, /*endian=*/-1, 0, value_);
    bytes->resize(begin + size);
  }

 private:
  mpz_t value_;
};

// Sets *f = F(n) and *f_previous = F(n - 1) by fast doubling (as GMP's own mpz_fib2_ui), with two
// squarings a bit of n:
//   F(2k + 1) = 4 F(k)^2 - F(k - 1)^2 + 2 (-1)^k
//   F(2k - 1) = F(k)^2 + F(k - 1)^2
//   F(2k)     = F(2k + 1) - F(2k - 1)
// False once stopped.
bool FibonacciPair(uint64_t n, StopToken stop, Integer* f, Integer* f_previous) {
  // As many leading bits of n as the table takes.
  int bits = std::bit_width(n);
  while (bits > 0 && (n >> (std::bit_width(n) - bits)) > kFibonacciSmallMax) --bits;
  int rest = std::bit_width(n) - bits;
  uint64_t k = n >> rest;
  mpz_set_ui(*f, kSmall[k]);
  mpz_set_ui(*f_previous, k == 0 ? 1 : kSmall[k - 1]);
  Integer square;
  Integer square_previous;
  while (rest-- > 0) {
    if (stop.Poll()) return false;
    mpz_mul(square, *f, *f);
    if (stop.Poll()) return false;
    mpz_mul(square_previous, *f_previous, *f_previous);
    mpz_add(*f_previous, square, square_previous);  // F(2k - 1)
    mpz_mul_2exp(square, square, 2);
    mpz_sub(*f, square, square_previous);
    if (k % 2 == 0) {
      mpz_add_ui(*f, *f, 2);
    } else {
      mpz_sub_ui(*f, *f, 2);  // F(2k + 1)
    }
    k = n >> rest;
    if (k % 2 == 0) {
      mpz_sub(*f, *f, *f_previous);  // (F(2k), F(2k - 1))
    } else {
      mpz_sub(square, *f, *f_previous);
      f_previous->Swap(square);  // (F(2k + 1), F(2k))
    }
  }
  return true;
}

absl::Status Stopped() {
  return MakeError(absl::StatusCode::kCancelled, {.reason = "CANCELLED"},
                   "nobody waits for this Fibonacci number any more");
}

absl::Status CheckModulus(uint64_t modulus) {
  if (modulus != 0) return absl::OkStatus();
  return OutOfRangeError("modulus", "at least 1", "0");
}

__extension__ using Wide = unsigned __int128;

uint64_t MultiplyModulo(uint64_t a, uint64_t b, uint64_t modulus) {
  return static_cast<uint64_t>(Wide{a} * b % modulus);
}

// a + b for residues, without a branch: whether the sum wraps is as good as random.
uint64_t AddModulo(uint64_t a, uint64_t b, uint64_t modulus) {
  const uint64_t room = modulus - b;
  return a - room + (a < room ? modulus : 0);
}

// F(n) and F(n + 1) mod `modulus`, which is at least 1.
std::pair<uint64_t, uint64_t> PairModulo(uint64_t n, uint64_t modulus) {
  uint64_t a = 0;
  uint64_t b = 1 % modulus;
  for (int bit = std::bit_width(n) - 1; bit >= 0; --bit) {
    // F(2k) = F(k) (2 F(k + 1) - F(k)), F(2k + 1) = F(k)^2 + F(k + 1)^2
    const uint64_t twice = AddModulo(b, b, modulus);
    const uint64_t even =
        MultiplyModulo(a, AddModulo(twice, (modulus - a) % modulus, modulus), modulus);
    const uint64_t odd =
        AddModulo(MultiplyModulo(a, a, modulus), MultiplyModulo(b, b, modulus), modulus);
    a = even;
    b = odd;
    if ((n >> bit) & 1) {
      a = odd;
      b = AddModulo(even, odd, modulus);
    }
  }
  return {a, b};
}

}  // namespace

uint64_t FibonacciSmall(uint64_t n) { return kSmall[n]; }

uint64_t FibonacciBytesMax(uint64_t n) {
  if (n == 0) return 0;
  // F(n) < phi^n / sqrt(5) + 1/2: n * log2(phi) - log2(sqrt(5)) bits and one at most, rounded up.
  // In integers: log2(phi) = 0.69424191363061730... is a little less than this / 2^64.
  constexpr uint64_t kLog2Phi = 12806502905986368094u;
  const auto bits = static_cast<uint64_t>(Wide{n} * kLog2Phi >> 64);
  return bits / 8 + 1;
}

absl::StatusOr<std::string> FibonacciMagnitude(uint64_t n, StopToken stop) {
  Integer f;
  Integer f_previous;
  if (!FibonacciPair(n, stop, &f, &f_previous)) return Stopped();
  std::string magnitude;
  f.AppendMagnitude(&magnitude);
  return magnitude;
}

absl::StatusOr<uint64_t> FibonacciModulo(uint64_t n, uint64_t modulus) {
  if (absl::Status status = CheckModulus(modulus); !status.ok()) return status;
  return PairModulo(n, modulus).first;
}

void FibonacciBlock(std::span<const uint64_t> n, std::span<uint64_t> out,
                    std::vector<size_t>* overflow_rows) {
  for (size_t i = 0; i < n.size(); ++i) {
    out[i] = n[i] <= kFibonacciSmallMax ? kSmall[n[i]] : 0;
    if (n[i] > kFibonacciSmallMax) overflow_rows->push_back(i);
  }
}

absl::Status FibonacciModuloBlock(std::span<const uint64_t> n, uint64_t modulus,
                                  std::span<uint64_t> out, StopToken stop) {
  if (absl::Status status = CheckModulus(modulus); !status.ok()) return status;
  for (size_t i = 0; i < n.size() && !stop.stopped(); ++i) out[i] = PairModulo(n[i], modulus).first;
  return absl::OkStatus();
}

absl::Status FibonacciOverflowError(uint64_t n) {
  const std::string bound = absl::StrCat("at most ", kFibonacciSmallMax);
  const std::string value = absl::StrCat(n);
  return MakeError(absl::StatusCode::kOutOfRange,
                   {.reason = "OVERFLOW", .field = "n", .bound = bound, .value = value},
                   absl::StrCat("F(", value, ") does not fit in 64 bits: n is ", bound,
                                " unless a binary result or a modulus is asked for"));
}

struct FibonacciTerms::Pair {
  Integer term;
  Integer following;
};

FibonacciTerms::FibonacciTerms(uint64_t first, std::unique_ptr<Pair> pair)
    : next_(first), pair_(std::move(pair)) {}
FibonacciTerms::~FibonacciTerms() = default;
FibonacciTerms::FibonacciTerms(FibonacciTerms&&) noexcept = default;
FibonacciTerms& FibonacciTerms::operator=(FibonacciTerms&&) noexcept = default;

absl::StatusOr<FibonacciTerms> FibonacciTerms::Make(uint64_t first, StopToken stop) {
  auto pair = std::make_unique<Pair>();
  Integer previous;
  if (!FibonacciPair(first, stop, &pair->term, &previous)) return Stopped();
  mpz_add(pair->following, pair->term, previous);
  return FibonacciTerms(first, std::move(pair));
}

void FibonacciTerms::AppendMagnitude(std::string* magnitudes) {
  pair_->term.AppendMagnitude(magnitudes);
  mpz_add(pair_->term, pair_->term, pair_->following);
  pair_->term.Swap(pair_->following);
  ++next_;
}

size_t FibonacciTerms::Next(std::span<uint64_t> out) {
  if (next_ > kFibonacciSmallMax) return 0;
  const size_t count = std::min<uint64_t>(out.size(), kFibonacciSmallMax + 1 - next_);
  std::copy_n(kSmall.begin() + next_, count, out.begin());
  for (size_t i = 0; i < count; ++i) {
    mpz_add(pair_->term, pair_->term, pair_->following);
    pair_->term.Swap(pair_->following);
  }
  next_ += count;
  return count;
}

absl::StatusOr<FibonacciModuloTerms> FibonacciModuloTerms::Make(uint64_t first, uint64_t modulus) {
  if (absl::Status status = CheckModulus(modulus); !status.ok()) return status;
  const auto [a, b] = PairModulo(first, modulus);
  return FibonacciModuloTerms(first, modulus, a, b);
}

void FibonacciModuloTerms::Next(std::span<uint64_t> out) {
  for (uint64_t& term : out) {
    term = a_;
    a_ = std::exchange(b_, AddModulo(a_, b_, modulus_));
  }
  next_ += out.size();
}

// Fitted to fibonacci_benchmark.cc, within a factor of two from 1 to 10^9.
int64_t FibonacciMagnitudeCostNs(uint64_t n) {
  constexpr double kMost = 0x1p62;
  const auto terms = static_cast<double>(n);
  const double over_thousand = std::max(0.0, std::log10(terms + 1) - 3);
  const double ns = 50 + terms * std::max(0.3, 0.2 * over_thousand * over_thousand);
  return static_cast<int64_t>(std::min(ns, kMost));
}

int64_t FibonacciTermCostNs(uint64_t n) {
  return 30 + static_cast<int64_t>(FibonacciBytesMax(n) / 8);
}

}  // namespace kernelserve

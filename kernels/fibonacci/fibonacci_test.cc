#include "kernels/fibonacci/fibonacci.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "kernels/reference/fibonacci.h"

namespace kernelserve {
namespace {

using ::testing::ElementsAre;

__extension__ using Wide = unsigned __int128;

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

uint64_t Remainder(const std::string& magnitude, uint64_t modulus) {
  Wide remainder = 0;
  for (auto byte = magnitude.rbegin(); byte != magnitude.rend(); ++byte) {
    remainder = (remainder * 256 + static_cast<uint8_t>(*byte)) % modulus;
  }
  return static_cast<uint64_t>(remainder);
}

TEST(FibonacciSmallTest, IsTheRecursionsAndTheReferencesTerm) {
  for (uint64_t n = 0; n <= 25; ++n) {
    EXPECT_EQ(FibonacciSmall(n), reference::FibonacciRecursive(n)) << n;
  }
  for (uint64_t n = 0; n <= kFibonacciSmallMax; ++n) {
    EXPECT_EQ(FibonacciSmall(n), reference::FibonacciModulo(n, kMax)) << n;
  }
  EXPECT_EQ(FibonacciSmall(42), 267914296u);
  EXPECT_EQ(FibonacciSmall(93), 12200160415121876738u);
}

TEST(FibonacciMagnitudeTest, EveryTermUpTo3000IsTheReferences) {
  std::string term;
  std::string following = "\x01";
  for (uint64_t n = 0; n <= 3000; ++n) {
    const absl::StatusOr<std::string> magnitude = FibonacciMagnitude(n);
    ASSERT_TRUE(magnitude.ok());
    ASSERT_EQ(*magnitude, term) << n;
    ASSERT_LE(magnitude->size(), FibonacciBytesMax(n)) << n;
    ASSERT_GE(magnitude->size() + 1, FibonacciBytesMax(n)) << n;
    std::string sum = reference::AddMagnitudes(term, following);
    term.swap(following);
    following.swap(sum);
  }
}

// Sizes and remainders from Python's integers.
TEST(FibonacciMagnitudeTest, LargeTermsAreThoseOfPython) {
  const auto small = FibonacciMagnitude(100'000);
  ASSERT_TRUE(small.ok());
  EXPECT_EQ(small->size(), 8678u);
  EXPECT_EQ(Remainder(*small, 1'000'000'000'000'000'000), 895374653428746875u);
  EXPECT_EQ(Remainder(*small, (uint64_t{1} << 61) - 1), 396479946705568275u);
  const auto large = FibonacciMagnitude(10'000'000);
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(large->size(), 867803u);
  EXPECT_EQ(Remainder(*large, 1'000'000'000'000'000'000), 998673686380546875u);
  EXPECT_EQ(Remainder(*large, (uint64_t{1} << 61) - 1), 1362417575022520830u);
}

TEST(FibonacciMagnitudeTest, IsCancelledOnceStopped) {
  const std::atomic<bool> stopped = true;
  const auto magnitude = FibonacciMagnitude(1'000'000'000, StopToken(&stopped));
  EXPECT_EQ(magnitude.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(ErrorReason(magnitude.status()), "CANCELLED");
  EXPECT_EQ(FibonacciTerms::Make(1'000'000'000, StopToken(&stopped)).status().code(),
            absl::StatusCode::kCancelled);
}

TEST(FibonacciBytesMaxTest, NeverOverflows) {
  EXPECT_EQ(FibonacciBytesMax(0), 0u);
  EXPECT_EQ(FibonacciBytesMax(1'000'000'000), 86'780'240u);
  EXPECT_EQ(FibonacciBytesMax(kMax), 1600812863248296012u);
}

TEST(FibonacciModuloTest, IsTheReferencesForSmallArguments) {
  for (const uint64_t modulus : {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{10}, uint64_t{97},
                                 uint64_t{1} << 32, (uint64_t{1} << 63) + 1, kMax - 58, kMax}) {
    for (uint64_t n = 0; n <= 400; ++n) {
      const absl::StatusOr<uint64_t> residue = FibonacciModulo(n, modulus);
      ASSERT_TRUE(residue.ok());
      ASSERT_EQ(*residue, reference::FibonacciModulo(n, modulus)) << n << " mod " << modulus;
    }
  }
}

TEST(FibonacciModuloTest, LargeArgumentsAreThoseOfPython) {
  EXPECT_EQ(*FibonacciModulo(1'000'000'000'000'000'000, 1'000'000'007), 209783453u);
  EXPECT_EQ(*FibonacciModulo(kMax, kMax), 4093298358055684510u);
  EXPECT_EQ(*FibonacciModulo(kMax, 18446744073709551557u), 18446743708274255395u);
  EXPECT_EQ(*FibonacciModulo(uint64_t{1} << 63, uint64_t{1} << 63), 1601625493303856581u);
  EXPECT_EQ(*FibonacciModulo(10'000'000'000'000'000'000u, 97), 2u);
  EXPECT_EQ(*FibonacciModulo(kMax, 1), 0u);
  EXPECT_EQ(*FibonacciModulo(94, kMax), 1293530146158671552u);
  EXPECT_EQ(*FibonacciModulo(12345678901234567890u, 18446744073709551557u), 9168438794905896833u);
}

TEST(FibonacciModuloTest, AModulusOfZeroIsOutOfRange) {
  std::vector<uint64_t> out(1);
  for (const absl::Status& status :
       {FibonacciModulo(5, 0).status(), FibonacciModuloTerms::Make(5, 0).status(),
        FibonacciModuloBlock(std::vector<uint64_t>{5}, 0, out)}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(ErrorReason(status), "OUT_OF_RANGE");
    EXPECT_EQ(ErrorField(status), "modulus");
    EXPECT_EQ(ErrorBound(status), "at least 1");
    EXPECT_EQ(ErrorValue(status), "0");
    EXPECT_EQ(status.message(), "modulus is 0, expected at least 1");
  }
}

TEST(FibonacciBlockTest, RowsThatDoNotFitAreZeroAndNamed) {
  const std::vector<uint64_t> n = {0, 94, 93, kMax, 10};
  std::vector<uint64_t> out(n.size(), 7);
  std::vector<size_t> overflow_rows;
  FibonacciBlock(n, out, &overflow_rows);
  EXPECT_THAT(out, ElementsAre(0, 0, 12200160415121876738u, 0, 55));
  EXPECT_THAT(overflow_rows, ElementsAre(1, 3));
}

TEST(FibonacciOverflowErrorTest, NamesTheArgumentTheBoundAndTheValue) {
  const absl::Status status = FibonacciOverflowError(94);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(status), "OVERFLOW");
  EXPECT_EQ(ErrorField(status), "n");
  EXPECT_EQ(ErrorBound(status), "at most 93");
  EXPECT_EQ(ErrorValue(status), "94");
}

TEST(FibonacciModuloBlockTest, EqualsItsRows) {
  const std::vector<uint64_t> n = {0, 1, 93, 94, 1000, kMax};
  std::vector<uint64_t> out(n.size());
  ASSERT_TRUE(FibonacciModuloBlock(n, 1'000'003, out).ok());
  for (size_t i = 0; i < n.size(); ++i) EXPECT_EQ(out[i], *FibonacciModulo(n[i], 1'000'003));
}

TEST(FibonacciTermsTest, MagnitudesGoOnFromAnyFirst) {
  for (const uint64_t first : {0, 1, 2, 92, 93, 94, 700}) {
    auto terms = FibonacciTerms::Make(first);
    ASSERT_TRUE(terms.ok());
    for (uint64_t n = first; n < first + 200; ++n) {
      ASSERT_EQ(terms->next(), n);
      std::string magnitude;
      terms->AppendMagnitude(&magnitude);
      ASSERT_EQ(magnitude, *FibonacciMagnitude(n)) << n;
    }
  }
}

TEST(FibonacciTermsTest, SmallTermsEndWhereTheyNoLongerFit) {
  auto terms = FibonacciTerms::Make(90);
  ASSERT_TRUE(terms.ok());
  std::vector<uint64_t> out(3);
  EXPECT_EQ(terms->Next(out), 3u);
  EXPECT_THAT(out, ElementsAre(FibonacciSmall(90), FibonacciSmall(91), FibonacciSmall(92)));
  EXPECT_EQ(terms->Next(out), 1u);
  EXPECT_EQ(out[0], FibonacciSmall(93));
  EXPECT_EQ(terms->Next(out), 0u);
  EXPECT_EQ(terms->next(), 94u);
  // And as magnitudes they go on.
  std::string magnitude = "kept";
  terms->AppendMagnitude(&magnitude);
  EXPECT_EQ(magnitude, "kept" + *FibonacciMagnitude(94));
}

TEST(FibonacciModuloTermsTest, EqualSingleTerms) {
  for (const uint64_t modulus : {uint64_t{1}, uint64_t{10}, kMax}) {
    const uint64_t first = 1'000'000'000'000;
    auto terms = FibonacciModuloTerms::Make(first, modulus);
    ASSERT_TRUE(terms.ok());
    std::vector<uint64_t> out(70);
    terms->Next(std::span(out).first(30));
    EXPECT_EQ(terms->next(), first + 30);
    terms->Next(std::span(out).subspan(30));
    for (size_t i = 0; i < out.size(); ++i) {
      ASSERT_EQ(out[i], *FibonacciModulo(first + i, modulus)) << i << " mod " << modulus;
    }
  }
}

TEST(FibonacciCostTest, GrowsWithNAndNeverOverflows) {
  int64_t before = 0;
  for (uint64_t n = 1; n < uint64_t{1} << 62; n *= 10) {
    EXPECT_GT(FibonacciMagnitudeCostNs(n), before) << n;
    before = FibonacciMagnitudeCostNs(n);
  }
  EXPECT_GT(FibonacciMagnitudeCostNs(kMax), 0);
  EXPECT_GT(FibonacciTermCostNs(kMax), 0);
}

}  // namespace
}  // namespace kernelserve

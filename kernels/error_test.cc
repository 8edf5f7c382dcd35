#include "kernels/error.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve {
namespace {

TEST(ErrorTest, DetailsTravelWithTheStatus) {
  const absl::Status status =
      MakeError(absl::StatusCode::kOutOfRange,
                {.reason = "OUT_OF_RANGE", .field = "n", .bound = "at most 93", .value = "94"},
                "n is 94, over the bound of 93");
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(status.message(), "n is 94, over the bound of 93");
  EXPECT_EQ(ErrorReason(status), "OUT_OF_RANGE");
  EXPECT_EQ(ErrorField(status), "n");
  EXPECT_EQ(ErrorBound(status), "at most 93");
  EXPECT_EQ(ErrorValue(status), "94");
}

TEST(ErrorTest, ARowIsNamedAndTheDetailsStay) {
  const absl::Status status = AtRow(
      MakeError(absl::StatusCode::kOutOfRange, {.reason = "OVERFLOW", .field = "n"}, "too large"),
      7);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(status.message(), "row 7: too large");
  EXPECT_EQ(ErrorReason(status), "OVERFLOW");
  EXPECT_EQ(ErrorField(status), "n");
  EXPECT_EQ(ErrorRow(status), "7");
}

TEST(ErrorTest, AStatusOfAnotherMakerHasNoDetails) {
  EXPECT_EQ(ErrorReason(absl::InternalError("x")), "");
  EXPECT_EQ(ErrorField(absl::OkStatus()), "");
}

TEST(ErrorTest, ALongValueIsCut) {
  const absl::Status status =
      MakeError(absl::StatusCode::kInvalidArgument, {.value = std::string(5000, 'x')}, "too long");
  EXPECT_EQ(ErrorValue(status).size(), 100u);
}

}  // namespace
}  // namespace kernelserve

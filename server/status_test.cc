#include "server/status.h"

#include <string>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "server/error_details_matchers.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

using ::testing::EndsWith;

TEST(ToGrpcStatusTest, LeavesOkAlone) { EXPECT_TRUE(ToGrpcStatus(absl::OkStatus(), "id").ok()); }

TEST(ToGrpcStatusTest, CarriesEveryDetail) {
  const grpc::Status travels = ToGrpcStatus(OutOfRange("n", "at most 10", 11), "call-7");
  EXPECT_THAT(travels, IsError(grpc::StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE"));
  EXPECT_EQ(travels.error_message(), "n is 11 and must be at most 10");
  EXPECT_EQ(InfoOf(travels, "field"), "n");
  EXPECT_EQ(InfoOf(travels, "bound"), "at most 10");
  EXPECT_EQ(InfoOf(travels, "value"), "11");
  EXPECT_EQ(InfoOf(travels, "request_id"), "call-7");
  EXPECT_EQ(InfoOf(travels, "row"), "");

  const auto bad_request = FindDetail<google::rpc::BadRequest>(travels);
  ASSERT_TRUE(bad_request.has_value());
  EXPECT_EQ(bad_request->field_violations(0).field(), "n");
  EXPECT_EQ(bad_request->field_violations(0).description(), "n is 11 and must be at most 10");
  EXPECT_EQ(FindDetail<google::rpc::RequestInfo>(travels)->request_id(), "call-7");
  EXPECT_FALSE(FindDetail<google::rpc::RetryInfo>(travels).has_value());
}

TEST(ToGrpcStatusTest, RepeatsCodeAndMessageInTheDetails) {
  const grpc::Status travels = ToGrpcStatus(absl::NotFoundError("no"), "id");
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(travels.error_details()));
  EXPECT_EQ(rpc.code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(rpc.message(), "no");
}

TEST(ToGrpcStatusTest, NamesTheRow) {
  const absl::Status status =
      AtRow(MakeError(absl::StatusCode::kInvalidArgument, {.reason = "INVALID_UTF8"}, "bad"), 5);
  EXPECT_EQ(InfoOf(ToGrpcStatus(status, ""), "row"), "5");
}

TEST(ToGrpcStatusTest, PromisesARetryOnlyWhereOneMayHelp) {
  const auto retry = FindDetail<google::rpc::RetryInfo>(
      ToGrpcStatus(RetryLater(absl::ResourceExhaustedError("busy"), 1250), "id"));
  ASSERT_TRUE(retry.has_value());
  EXPECT_EQ(retry->retry_delay().seconds(), 1);
  EXPECT_EQ(retry->retry_delay().nanos(), 250'000'000);
}

TEST(ToGrpcStatusTest, SuppliesAReasonWhereTheStatusHasNone) {
  EXPECT_THAT(ToGrpcStatus(absl::InternalError("x"), ""),
              IsError(grpc::StatusCode::INTERNAL, "INTERNAL"));
  EXPECT_THAT(ToGrpcStatus(absl::UnimplementedError("x"), ""),
              IsError(grpc::StatusCode::UNIMPLEMENTED, "UNIMPLEMENTED"));
  EXPECT_THAT(ToGrpcStatus(absl::CancelledError("x"), ""),
              IsError(grpc::StatusCode::CANCELLED, "CANCELLED"));
}

TEST(ToGrpcStatusTest, CutsTheTextWhereTheHeaderWouldBeTooLong) {
  const auto message = [](const std::string& text) {
    return ToGrpcStatus(absl::InternalError(text), "").error_message();
  };
  EXPECT_EQ(message(std::string(kStatusTextBytes, 'a')).size(), kStatusTextBytes);
  EXPECT_EQ(message(std::string(kStatusTextBytes + 1, 'a')).size(), kStatusTextBytes);
  // Escaped like a URL, "é" takes six bytes: 341 of them fit.
  std::string accents;
  for (size_t i = 0; i < kStatusTextBytes; ++i) accents += "é";
  EXPECT_EQ(message(accents).size(), kStatusTextBytes / 6 * 2);
  EXPECT_THAT(message(accents), EndsWith("é"));
}

TEST(ToGrpcStatusTest, KeepsTheWholeOfAnErrorUnderTheHeaderLimit) {
  const std::string huge(100'000, '\xff');
  const grpc::Status travels = ToGrpcStatus(
      MakeError(absl::StatusCode::kInvalidArgument,
                {.reason = "WRONG_TYPE", .field = huge, .bound = huge, .value = huge}, huge),
      std::string(kRequestIdBytes, 'i'));
  const size_t headers = kStatusTextBytes + travels.error_details().size() * 4 / 3 + 200;
  EXPECT_LT(headers, kMetadataBytes);
}

// Python's protobuf refuses a message with a string that is no UTF-8, and with it the whole error.
TEST(ToGrpcStatusTest, WritesBytesThatAreNoUtf8AsHexadecimal) {
  const grpc::Status travels = ToGrpcStatus(
      MakeError(absl::StatusCode::kNotFound, {.reason = "UNKNOWN_KERNEL", .value = "a\xff\xc3"},
                "no kernel a\xff, \xed\xa0\x80"),
      "");
  EXPECT_EQ(travels.error_message(), "no kernel a\\xff, \\xed\\xa0\\x80");
  EXPECT_EQ(InfoOf(travels, "value"), "a\\xff\\xc3");
}

}  // namespace
}  // namespace kernelserve::server

#include "server/fibonacci_service.h"

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "kernels/fibonacci/fibonacci.h"
#include "server/error_details_matchers.h"
#include "server/limits.h"
#include "server/memory_budget.h"
#include "server/scheduler/held_refusals.h"
#include "server/scheduler/worker_pool.h"

namespace kernelserve::server {
namespace {

// a + b of magnitudes, by hand.
std::string Add(const std::string& a, const std::string& b) {
  std::string sum;
  unsigned carry = 0;
  for (size_t i = 0; i < a.size() || i < b.size() || carry > 0; ++i) {
    if (i < a.size()) carry += static_cast<unsigned char>(a[i]);
    if (i < b.size()) carry += static_cast<unsigned char>(b[i]);
    sum += static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  return sum;
}

// F(0), F(1), … as magnitudes, by the definition.
std::vector<std::string> Terms(size_t count) {
  std::vector<std::string> terms = {"", "\x01"};
  while (terms.size() < count) terms.push_back(Add(terms[terms.size() - 2], terms.back()));
  return terms;
}

std::string Magnitude(uint64_t value) {
  std::string magnitude;
  for (; value > 0; value >>= 8) magnitude += static_cast<char>(value & 0xff);
  return magnitude;
}

// A column's elements as magnitudes.
std::vector<std::string> Elements(const v1::Column& column) {
  std::vector<std::string> elements;
  for (uint64_t i = 0; i < column.length(); ++i) {
    if (column.type() == v1::DATA_TYPE_UINT64) {
      uint64_t value;
      std::memcpy(&value, column.values().data() + i * sizeof value, sizeof value);
      elements.push_back(Magnitude(value));
    } else {
      int32_t ends[2];
      std::memcpy(ends, column.offsets().data() + i * sizeof(int32_t), sizeof ends);
      elements.push_back(column.values().substr(static_cast<size_t>(ends[0]),
                                                static_cast<size_t>(ends[1] - ends[0])));
    }
  }
  return elements;
}

class FibonacciServiceTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kMax = 50'000;

  FibonacciServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = builder.BuildAndStart();
    stub_ = v1::FibonacciService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  grpc::Status Compute(uint64_t n, std::optional<uint64_t> modulus, v1::ComputeResponse* response) {
    v1::ComputeRequest request;
    request.set_n(n);
    if (modulus) request.set_modulus(*modulus);
    grpc::ClientContext context;
    return stub_->Compute(&context, request, response);
  }

  // All blocks of a stream.
  grpc::Status Stream(uint64_t first, uint64_t count, std::optional<uint64_t> modulus,
                      std::vector<v1::StreamTermsResponse>* blocks) {
    v1::StreamTermsRequest request;
    request.set_first(first);
    request.set_count(count);
    if (modulus) request.set_modulus(*modulus);
    grpc::ClientContext context;
    const auto reader = stub_->StreamTerms(&context, request);
    for (v1::StreamTermsResponse block; reader->Read(&block);) blocks->push_back(block);
    return reader->Finish();
  }

  MemoryBudget memory_{1 << 30};
  HeldRefusals refusals_;
  WorkerPool pool_{2, kJobsMax};
  const CallEnvironment environment_{.pool = &pool_,
                                     .memory = &memory_,
                                     .refusals = &refusals_,
                                     .request_bytes_max = kRequestBytesMax,
                                     .instance_id = ""};
  FibonacciService service_{environment_, kMax};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::FibonacciService::Stub> stub_;
};

TEST_F(FibonacciServiceTest, GivesSmallNumbersAsIntegersAndOthersAsMagnitudes) {
  const std::vector<std::string> terms = Terms(1001);
  for (const uint64_t n : {0, 1, 2, 10, 92, 93, 94, 95, 1000}) {
    v1::ComputeResponse response;
    ASSERT_TRUE(Compute(n, {}, &response).ok());
    EXPECT_EQ(response.has_small(), n <= 93) << n;
    EXPECT_EQ(response.has_small() ? Magnitude(response.small()) : response.magnitude(), terms[n])
        << n;
  }
}

TEST_F(FibonacciServiceTest, GivesALargeNumberFromThePool) {
  ASSERT_GT(FibonacciMagnitudeCostNs(kMax), static_cast<int64_t>(kInlineCostNs));
  v1::ComputeResponse response;
  ASSERT_TRUE(Compute(kMax, {}, &response).ok());
  std::string a, b = "\x01";
  for (uint64_t n = 0; n < kMax; ++n) b = Add(std::exchange(a, b), b);
  EXPECT_EQ(response.magnitude(), a);
}

TEST_F(FibonacciServiceTest, ReducesByAModulus) {
  v1::ComputeResponse response;
  ASSERT_TRUE(Compute(93, 1000, &response).ok());
  EXPECT_EQ(response.small(), 738u);  // F(93) = 12200160415121876738
  // Beyond n_max; modulo 2, each third number is even, and 2^64 - 1 is divisible by 3.
  ASSERT_TRUE(Compute(UINT64_MAX, 2, &response).ok());
  EXPECT_EQ(response.small(), 0u);
  ASSERT_TRUE(Compute(10, 1, &response).ok());
  EXPECT_EQ(response.small(), 0u);
}

TEST_F(FibonacciServiceTest, NamesArgumentBoundAndValue) {
  v1::ComputeResponse response;
  const grpc::Status n = Compute(kMax + 1, {}, &response);
  EXPECT_THAT(n, IsError(grpc::StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE"));
  EXPECT_EQ(n.error_message(), "n is 50001 and must be at most 50000 without a modulus");
  EXPECT_EQ(InfoOf(n, "field"), "n");
  EXPECT_EQ(InfoOf(n, "bound"), "at most 50000 without a modulus");
  EXPECT_EQ(InfoOf(n, "value"), "50001");
  const grpc::Status modulus = Compute(1, 0, &response);
  EXPECT_THAT(modulus, IsError(grpc::StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE"));
  EXPECT_EQ(InfoOf(modulus, "field"), "modulus");
}

TEST_F(FibonacciServiceTest, StreamsTermsWithoutGaps) {
  constexpr uint64_t kCount = 20'000;
  std::vector<v1::StreamTermsResponse> blocks;
  ASSERT_TRUE(Stream(0, kCount, {}, &blocks).ok());
  const std::vector<std::string> terms = Terms(kCount);
  uint64_t next = 0;
  for (const v1::StreamTermsResponse& block : blocks) {
    EXPECT_EQ(block.first(), next);
    EXPECT_EQ(block.terms().type(), next == 0 ? v1::DATA_TYPE_UINT64 : v1::DATA_TYPE_BINARY);
    EXPECT_LE(block.ByteSizeLong(), kStreamBlockBytes + 100);
    for (const std::string& element : Elements(block.terms())) {
      ASSERT_LT(next, kCount);
      ASSERT_EQ(element, terms[next]) << next;
      ++next;
    }
  }
  EXPECT_EQ(next, kCount);
  EXPECT_GT(blocks.size(), 10u);  // 17 MB
}

TEST_F(FibonacciServiceTest, StreamsFromAnywhere) {
  const std::vector<std::string> terms = Terms(100);
  for (const uint64_t first : {0, 1, 92, 93, 94, 98}) {
    std::vector<v1::StreamTermsResponse> blocks;
    ASSERT_TRUE(Stream(first, 100 - first, {}, &blocks).ok());
    uint64_t next = first;
    for (const auto& block : blocks) {
      for (const std::string& element : Elements(block.terms())) EXPECT_EQ(element, terms[next++]);
    }
    EXPECT_EQ(next, 100u);
  }
}

TEST_F(FibonacciServiceTest, StreamsTermsModuloANumber) {
  constexpr uint64_t kCount = 300'000;
  constexpr uint64_t kModulus = (1ull << 63) - 25;  // a sum of two fits 64 bits
  std::vector<v1::StreamTermsResponse> blocks;
  ASSERT_TRUE(Stream(0, kCount, kModulus, &blocks).ok());
  EXPECT_EQ(blocks.size(), 3u);  // 2.4 MB
  uint64_t a = 0, b = 1;
  uint64_t next = 0;
  for (const auto& block : blocks) {
    EXPECT_EQ(block.first(), next);
    for (const std::string& element : Elements(block.terms())) {
      ASSERT_EQ(element, Magnitude(a)) << next;
      b = (std::exchange(a, b) + b) % kModulus;
      ++next;
    }
  }
  EXPECT_EQ(next, kCount);
}

TEST_F(FibonacciServiceTest, EndsAStreamOfNoTermsAtOnce) {
  std::vector<v1::StreamTermsResponse> blocks;
  EXPECT_TRUE(Stream(UINT64_MAX, 0, {}, &blocks).ok());
  EXPECT_TRUE(blocks.empty());
}

TEST_F(FibonacciServiceTest, StreamsTheVeryLastTerm) {
  std::vector<v1::StreamTermsResponse> blocks;
  ASSERT_TRUE(Stream(UINT64_MAX, 1, 2, &blocks).ok());
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(Elements(blocks[0].terms()), std::vector<std::string>{""});
  const grpc::Status beyond = Stream(UINT64_MAX, 2, 2, &blocks);
  EXPECT_THAT(beyond, IsError(grpc::StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE"));
  EXPECT_EQ(InfoOf(beyond, "field"), "count");
}

TEST_F(FibonacciServiceTest, BoundsAStreamOfWholeNumbers) {
  std::vector<v1::StreamTermsResponse> blocks;
  const grpc::Status first = Stream(kMax + 1, 1, {}, &blocks);
  EXPECT_THAT(first, IsError(grpc::StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE"));
  EXPECT_EQ(InfoOf(first, "field"), "first");
  const grpc::Status count = Stream(kMax, 2, {}, &blocks);
  EXPECT_EQ(InfoOf(count, "field"), "count");
  EXPECT_EQ(InfoOf(count, "bound"), "at most 1 from there without a modulus");
  EXPECT_EQ(InfoOf(count, "value"), "2");
  EXPECT_EQ(InfoOf(Stream(0, 1, 0, &blocks), "field"), "modulus");
  EXPECT_TRUE(blocks.empty());
}

}  // namespace
}  // namespace kernelserve::server

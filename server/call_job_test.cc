#include "server/call_job.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/call_fixture.h"
#include "server/error_details_matchers.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

using CallJobTest = CallTest;

TEST_F(CallJobTest, CutsADearCallIntoTasksOfAMillisecond) {
  std::vector<std::atomic<int>> runs(1000);
  Serve({.rows = runs.size(),
         .cost_ns = 10.0 * kTaskCostNs,
         .run =
             [&](uint64_t begin, uint64_t end, StopToken) {
               for (uint64_t i = begin; i < end; ++i) ++runs[i];
               return absl::OkStatus();
             },
         .reply = 7});
  grpc::ClientContext context;
  context.AddMetadata("kernelserve-timing", "1");
  v1::ComputeResponse response;
  EXPECT_TRUE(Call(&context, &response).ok());
  EXPECT_EQ(response.small(), 7u);
  for (const auto& count : runs) EXPECT_EQ(count.load(), 1);
  const v1::CallTiming timing = TimingOf(context);
  EXPECT_EQ(timing.tasks(), 10u);
  EXPECT_EQ(timing.cells(), 1000u);
  EXPECT_GT(timing.run_cpu_ns(), 0u);
}

TEST_F(CallJobTest, NamesTheErrorOfTheLowestRow) {
  std::latch row_0_claimed(1), row_1_failed(1);
  Serve({.rows = 2, .cost_ns = 2.0 * kTaskCostNs, .run = [&](uint64_t begin, uint64_t, StopToken) {
           if (begin == 0) {
             row_0_claimed.count_down();
             row_1_failed.wait();
             return absl::NotFoundError("row 0");
           }
           row_0_claimed.wait();
           row_1_failed.count_down();
           return absl::NotFoundError("row 1");
         }});
  EXPECT_EQ(Call().error_message(), "row 0");
}

TEST_F(CallJobTest, RefusesWhatTheDeadlineLeavesNoTimeFor) {
  std::atomic<bool> ran = false;
  Serve({.cost_ns = 1e15, .run = [&](uint64_t, uint64_t, StopToken) {
           ran = true;
           return absl::OkStatus();
         }});
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(100));
  v1::ComputeResponse response;
  const grpc::Status status = Call(&context, &response);
  EXPECT_THAT(status, IsError(grpc::StatusCode::DEADLINE_EXCEEDED, "DEADLINE_UNREACHABLE"));
  EXPECT_THAT(status.error_message(), HasSubstr("would take about 500000000 ms"));
  EXPECT_FALSE(ran);
}

TEST_F(CallJobTest, TakesADeadlineOfThousandsOfYears) {
  Serve({.cost_ns = 1e7, .reply = 1});
  grpc::ClientContext context;
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_hours(99'999'999, GPR_TIMESPAN)));
  v1::ComputeResponse response;
  EXPECT_TRUE(Call(&context, &response).ok());
}

// Blocks of 1 MB unless told otherwise, each with its number as `first`.
class FakeBlock : public Block {
 public:
  explicit FakeBlock(uint64_t number, absl::Status status = {}, size_t bytes = kStreamBlockBytes)
      : number_(number), status_(std::move(status)), bytes_(bytes) {}
  uint64_t rows() const override { return 2; }
  double cost_ns() const override { return 2 * kTaskCostNs; }
  absl::Status Run(uint64_t, uint64_t, StopToken) override { return status_; }
  absl::StatusOr<grpc::ByteBuffer> Encode() override {
    v1::StreamTermsResponse response;
    response.set_first(number_);
    response.mutable_terms()->set_values(std::string(bytes_, 'x'));
    return SerializeMessage(response);
  }

 private:
  const uint64_t number_;
  const absl::Status status_;
  const size_t bytes_;
};

class FakeStream : public StreamHandler {
 public:
  FakeStream(uint64_t blocks, std::atomic<uint64_t>* opened, std::latch* gone,
             uint64_t failing_block = UINT64_MAX)
      : blocks_(blocks), opened_(opened), gone_(gone), failing_block_(failing_block) {}
  ~FakeStream() override { gone_->count_down(); }

  absl::Status Decode(const grpc::ByteBuffer&) override { return absl::OkStatus(); }
  uint64_t memory_bytes() const override { return 0; }
  double cost_ns() const override { return 0; }
  absl::StatusOr<std::unique_ptr<Block>> NextBlock() override {
    const uint64_t number = opened_->load();
    if (number == blocks_) return nullptr;
    ++*opened_;
    return std::make_unique<FakeBlock>(
        number, number == failing_block_ ? absl::InvalidArgumentError("block") : absl::OkStatus());
  }

 private:
  const uint64_t blocks_;
  std::atomic<uint64_t>* const opened_;
  std::latch* const gone_;
  const uint64_t failing_block_;
};

TEST_F(CallJobTest, StreamsBlocksInOrder) {
  std::atomic<uint64_t> opened = 0;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<FakeStream>(20, &opened, &gone); };
  grpc::ClientContext context;
  context.AddMetadata("kernelserve-timing", "1");
  context.AddMetadata("x-request-id", "stream");
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  uint64_t next = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.first(), next++);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(next, 20u);
  EXPECT_EQ(TimingOf(context).tasks(), 40u);
  EXPECT_EQ(TimingOf(context).cells(), 40u);
  EXPECT_EQ(Trailer(context, "x-request-id"), "stream");
  EXPECT_EQ(context.GetServerInitialMetadata().count("x-request-id"), 1u);
}

TEST_F(CallJobTest, EndsAnEmptyStream) {
  std::atomic<uint64_t> opened = 0;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<FakeStream>(0, &opened, &gone); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

// Its one block waits for what another call makes.
class WaitingStream : public StreamHandler {
 public:
  struct Shared {
    std::mutex mutex;
    std::vector<std::function<void()>> waiting;
    std::atomic<bool> made = false;
  };
  WaitingStream(Shared* shared, std::latch* gone) : shared_(*shared), gone_(*gone) {}
  ~WaitingStream() override { gone_.count_down(); }

  absl::Status Decode(const grpc::ByteBuffer&) override { return absl::OkStatus(); }
  uint64_t memory_bytes() const override { return 0; }
  double cost_ns() const override { return 0; }
  absl::StatusOr<bool> Prepare(StopToken, const std::function<void()>& resume) override {
    if (shared_.made) return true;
    const std::lock_guard lock(shared_.mutex);
    shared_.waiting.push_back(resume);
    return false;
  }
  absl::StatusOr<std::unique_ptr<Block>> NextBlock() override {
    if (std::exchange(opened_, true)) return nullptr;
    return std::make_unique<FakeBlock>(0, absl::OkStatus(), 1);
  }

 private:
  Shared& shared_;
  std::latch& gone_;
  bool opened_ = false;
};

TEST_F(CallJobTest, WaitsForWhatAnotherCallMakesWithoutAThread) {
  WaitingStream::Shared shared;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<WaitingStream>(&shared, &gone); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  const auto waiting = [&] {
    const std::lock_guard lock(shared.mutex);
    return shared.waiting.size();
  };
  // Calls of the pool find both workers free, or the stream takes its task beside them.
  Serve({.rows = 4, .cost_ns = 4.0 * kTaskCostNs, .reply = 1});
  while (waiting() == 0) EXPECT_TRUE(Call().ok());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Call().ok());
  EXPECT_EQ(waiting(), 1u);
  // Too early is no harm: it asks again, and waits again.
  shared.waiting[0]();
  while (waiting() == 1) EXPECT_TRUE(Call().ok());
  shared.made = true;
  {
    const std::lock_guard lock(shared.mutex);
    shared.waiting[1]();
  }
  v1::StreamTermsResponse response;
  EXPECT_TRUE(reader->Read(&response));
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(CallJobTest, FreesAStreamThatIsCancelledWhileItWaits) {
  WaitingStream::Shared shared;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<WaitingStream>(&shared, &gone); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  Serve({.cost_ns = kDear});
  for (size_t waiting = 0; waiting == 0;) {
    EXPECT_TRUE(Call().ok());
    const std::lock_guard lock(shared.mutex);
    waiting = shared.waiting.size();
  }
  context.TryCancel();
  gone.wait();
}

// A block of several messages, numbered through.
class MessagesBlock : public Block {
 public:
  MessagesBlock(uint64_t first, uint64_t count) : next_(first), end_(first + count) {}
  uint64_t rows() const override { return 1; }
  double cost_ns() const override { return 1; }
  absl::Status Run(uint64_t, uint64_t, StopToken) override { return absl::OkStatus(); }
  absl::StatusOr<grpc::ByteBuffer> Encode() override {
    v1::StreamTermsResponse response;
    response.set_first(next_++);
    return SerializeMessage(response);
  }
  bool more() const override { return next_ < end_; }

 private:
  uint64_t next_;
  const uint64_t end_;
};

class MessagesStream : public StreamHandler {
 public:
  absl::Status Decode(const grpc::ByteBuffer&) override { return absl::OkStatus(); }
  uint64_t memory_bytes() const override { return 0; }
  double cost_ns() const override { return 0; }
  size_t blocks_ahead(size_t workers) const override { return workers + 1; }
  absl::StatusOr<std::unique_ptr<Block>> NextBlock() override {
    if (blocks_ == 30) return nullptr;
    const uint64_t count = 1 + blocks_++ % 4;
    first_ += count;
    return std::make_unique<MessagesBlock>(first_ - count, count);
  }

 private:
  uint64_t blocks_ = 0;
  uint64_t first_ = 0;
};

TEST_F(CallJobTest, SendsAllMessagesOfABlock) {
  service_.make_stream = [&] { return std::make_unique<MessagesStream>(); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  uint64_t next = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.first(), next++);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(next, 7 * (1 + 2 + 3 + 4) + 1 + 2);
}

// One block, and the job ends while that is being written: whoever is second finishes the call. For
// the sanitizers, which see it where the other one still uses the call then.
class ShortStream : public StreamHandler {
 public:
  absl::Status Decode(const grpc::ByteBuffer&) override { return absl::OkStatus(); }
  uint64_t memory_bytes() const override { return 0; }
  double cost_ns() const override { return 0; }
  absl::StatusOr<std::unique_ptr<Block>> NextBlock() override {
    if (std::exchange(opened_, true)) return nullptr;
    return std::make_unique<FakeBlock>(0, absl::OkStatus(), 1);
  }

 private:
  bool opened_ = false;
};

TEST_F(CallJobTest, IsNotUsedByItsEndOnceItsLastWriteHasFinishedIt) {
  service_.make_stream = [&] { return std::make_unique<ShortStream>(); };
  for (int i = 0; i < 1000; ++i) {
    grpc::ClientContext context;
    const auto reader = stub_->StreamTerms(&context, {});
    v1::StreamTermsResponse response;
    ASSERT_TRUE(reader->Read(&response));
    ASSERT_FALSE(reader->Read(&response));
    ASSERT_TRUE(reader->Finish().ok());
  }
}

TEST_F(CallJobTest, EndsWithTheErrorOfABlockAndDeliversNoneFromThereOn) {
  std::atomic<uint64_t> opened = 0;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<FakeStream>(9, &opened, &gone, 3); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  uint64_t next = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.first(), next++);
  EXPECT_EQ(reader->Finish().error_message(), "block");
  EXPECT_LE(next, 3u);  // gRPC's client drops what it has not read when an error comes
}

TEST_F(CallJobTest, ParksAStreamWhoseReaderIsSlow) {
  std::atomic<uint64_t> opened = 0;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<FakeStream>(100, &opened, &gone); };
  grpc::ClientContext context;
  context.AddMetadata("kernelserve-timing", "1");
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  // One was read, one is being written, and the rest is ahead. Meanwhile the workers are free.
  constexpr uint64_t kAtMost = 2 + kStreamBlocksAhead;
  Serve({.rows = 20, .cost_ns = 20.0 * kTaskCostNs, .reply = 1});
  while (opened.load() < kAtMost) EXPECT_TRUE(Call().ok());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Call().ok());
  EXPECT_EQ(opened.load(), kAtMost);
  uint64_t next = 1;
  while (reader->Read(&response)) EXPECT_EQ(response.first(), next++);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(next, 100u);
  EXPECT_GT(TimingOf(context).stalled_ns(), 0u);
}

TEST_F(CallJobTest, FreesAStreamWhoseReaderIsSlowAndThenCancels) {
  std::atomic<uint64_t> opened = 0;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<FakeStream>(UINT64_MAX, &opened, &gone); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  Serve({.cost_ns = kDear});
  EXPECT_TRUE(Call().ok());
  context.TryCancel();
  gone.wait();
}

TEST_F(CallJobTest, FreesAStreamWhoseClientCancels) {
  std::atomic<uint64_t> opened = 0;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<FakeStream>(UINT64_MAX, &opened, &gone); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  context.TryCancel();
  while (reader->Read(&response)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  gone.wait();
}

}  // namespace
}  // namespace kernelserve::server

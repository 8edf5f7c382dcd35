#include "server/call.h"

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "kernelserve/v1/call_timing.pb.h"
#include "kernelserve/v1/fibonacci.grpc.pb.h"
#include "server/error_details_matchers.h"
#include "server/limits.h"
#include "server/memory_budget.h"
#include "server/scheduler/worker_pool.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

using S = v1::FibonacciService;
using RawService = S::WithRawCallbackMethod_Compute<S::WithRawCallbackMethod_StreamTerms<S::Service>>;

// The methods of a service, made of whatever handlers a test wants.
class FakeService : public RawService {
 public:
  explicit FakeService(const CallEnvironment& environment) : environment_(environment) {}

  grpc::ServerUnaryReactor* Compute(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override {
    return ServeUnary(environment_, context, request, response, make_unary());
  }
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamTerms(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override {
    return ServeStream(environment_, context, request, make_stream());
  }

  std::function<std::unique_ptr<UnaryHandler>()> make_unary;
  std::function<std::unique_ptr<StreamHandler>()> make_stream;

 private:
  const CallEnvironment& environment_;
};

// What a fake handler does; each has its own default.
struct Script {
  uint64_t rows = 1;
  double cost_ns = 0;
  uint64_t memory_bytes = 0;
  std::function<absl::Status(uint64_t begin, uint64_t end, StopToken stop)> run =
      [](uint64_t, uint64_t, StopToken) { return absl::OkStatus(); };
  uint64_t reply = 0;
  std::latch* gone = nullptr;  // counted down when the handler is
};

absl::StatusOr<grpc::ByteBuffer> Reply(uint64_t value) {
  v1::ComputeResponse response;
  response.set_small(value);
  return SerializeMessage(response);
}

class FakeHandler : public UnaryHandler {
 public:
  explicit FakeHandler(Script script) : script_(std::move(script)) {}
  ~FakeHandler() override {
    if (script_.gone != nullptr) script_.gone->count_down();
  }

  absl::Status Decode(const grpc::ByteBuffer& request) override {
    v1::ComputeRequest message;
    return ParseMessage(request, &message);
  }
  uint64_t memory_bytes() const override { return script_.memory_bytes; }
  uint64_t rows() const override { return script_.rows; }
  double cost_ns() const override { return script_.cost_ns; }
  absl::Status Run(uint64_t begin, uint64_t end, StopToken stop) override {
    return script_.run(begin, end, stop);
  }
  absl::StatusOr<grpc::ByteBuffer> Encode() override { return Reply(script_.reply); }

 private:
  const Script script_;
};

// Blocks of 1 MB, each with its number as `first`.
class FakeBlock : public Block {
 public:
  explicit FakeBlock(uint64_t number, absl::Status status = {})
      : number_(number), status_(std::move(status)) {}
  uint64_t rows() const override { return 2; }
  double cost_ns() const override { return 2 * kTaskCostNs; }
  absl::Status Run(uint64_t, uint64_t, StopToken) override { return status_; }
  absl::StatusOr<grpc::ByteBuffer> Encode() override {
    v1::StreamTermsResponse response;
    response.set_first(number_);
    response.mutable_terms()->set_values(std::string(kStreamBlockBytes, 'x'));
    return SerializeMessage(response);
  }

 private:
  const uint64_t number_;
  const absl::Status status_;
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

class CallTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kRequestBytes = 1000;
  static constexpr uint64_t kBudget = 1 << 20;
  static constexpr size_t kJobs = 2;

  CallTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = builder.BuildAndStart();
    // A client that takes in no more than it has asked for, and 64 KB.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    stub_ = S::NewStub(grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                                 grpc::InsecureChannelCredentials(), arguments));
  }
  ~CallTest() override {
    stub_.reset();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
    EXPECT_EQ(memory_.reserved(), 0u);
  }

  void Serve(const Script& script) {
    service_.make_unary = [script] { return std::make_unique<FakeHandler>(script); };
  }

  grpc::Status Call(grpc::ClientContext* context, v1::ComputeResponse* response,
                    const v1::ComputeRequest& request = {}) {
    return stub_->Compute(context, request, response);
  }
  grpc::Status Call() {
    grpc::ClientContext context;
    v1::ComputeResponse response;
    return Call(&context, &response);
  }

  static v1::CallTiming TimingOf(const grpc::ClientContext& context) {
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto it = trailers.find("kernelserve-timing-bin");
    v1::CallTiming timing;
    EXPECT_NE(it, trailers.end());
    if (it != trailers.end()) {
      EXPECT_TRUE(timing.ParseFromString(std::string(it->second.data(), it->second.size())));
    }
    return timing;
  }

  static std::string Trailer(const grpc::ClientContext& context, const char* name) {
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto it = trailers.find(name);
    return it == trailers.end() ? "(none)" : std::string(it->second.data(), it->second.size());
  }

  MemoryBudget memory_{kBudget};
  WorkerPool pool_{2, kJobs};
  const CallEnvironment environment_{.pool = &pool_,
                                     .memory = &memory_,
                                     .request_bytes_max = kRequestBytes,
                                     .instance_id = "instance"};
  FakeService service_{environment_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<S::Stub> stub_;
};

// Runs until it is told to stop.
absl::Status RunUntilStopped(StopToken stop) {
  while (!stop.stopped()) std::this_thread::yield();
  return absl::OkStatus();
}

constexpr double kDear = 1e9;

TEST_F(CallTest, AnswersACheapCallAtOnce) {
  Serve({.rows = 3,
         .run =
             [&](uint64_t begin, uint64_t end, StopToken) {
               return begin == 0 && end == 3 ? absl::OkStatus() : absl::InternalError("not at once");
             },
         .reply = 42});
  grpc::ClientContext context;
  context.AddMetadata("kernelserve-timing", "1");
  v1::ComputeResponse response;
  EXPECT_TRUE(Call(&context, &response).ok());
  EXPECT_EQ(response.small(), 42u);
  const v1::CallTiming timing = TimingOf(context);
  EXPECT_EQ(timing.tasks(), 0u);
  EXPECT_EQ(timing.cells(), 3u);
  EXPECT_EQ(timing.instance_id(), "instance");
}

TEST_F(CallTest, CutsADearCallIntoTasksOfAMillisecond) {
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

TEST_F(CallTest, AnswersACallWithoutRows) {
  Serve({.rows = 0, .reply = 1});
  EXPECT_TRUE(Call().ok());
  Serve({.rows = 0, .cost_ns = kDear, .reply = 1});
  EXPECT_TRUE(Call().ok());
}

TEST_F(CallTest, SendsNoTimingUnasked) {
  Serve({});
  grpc::ClientContext context;
  v1::ComputeResponse response;
  EXPECT_TRUE(Call(&context, &response).ok());
  EXPECT_EQ(Trailer(context, "kernelserve-timing-bin"), "(none)");
}

TEST_F(CallTest, EchoesTheRequestId) {
  for (const double cost_ns : {0.0, kDear}) {
    Serve({.cost_ns = cost_ns});
    grpc::ClientContext context;
    context.AddMetadata("x-request-id", "my-7");
    v1::ComputeResponse response;
    EXPECT_TRUE(Call(&context, &response).ok());
    EXPECT_EQ(Trailer(context, "x-request-id"), "my-7");
  }
}

TEST_F(CallTest, MakesARequestIdForAnError) {
  Serve({.run = [](uint64_t, uint64_t, StopToken) { return absl::NotFoundError("gone"); }});
  grpc::ClientContext context;
  v1::ComputeResponse response;
  const grpc::Status status = Call(&context, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "gone");
  const std::string id = InfoOf(status, "request_id");
  EXPECT_EQ(id.size(), 24u);
  EXPECT_EQ(Trailer(context, "x-request-id"), id);
}

TEST_F(CallTest, NamesTheErrorOfTheLowestRow) {
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

TEST_F(CallTest, SurvivesAHandlerThatThrows) {
  for (const double cost_ns : {0.0, kDear}) {
    Serve({.cost_ns = cost_ns, .run = [](uint64_t, uint64_t, StopToken) -> absl::Status {
             throw std::runtime_error("thrown");
           }});
    const grpc::Status status = Call();
    EXPECT_THAT(status, IsError(grpc::StatusCode::INTERNAL, "INTERNAL"));
    EXPECT_EQ(status.error_message(), "thrown");
  }
}

TEST_F(CallTest, StopsTheWorkWhenTheClientCancels) {
  std::latch started(1), gone(1);
  Serve({.cost_ns = kDear,
         .run =
             [&](uint64_t, uint64_t, StopToken stop) {
               started.count_down();
               return RunUntilStopped(stop);
             },
         .gone = &gone});
  grpc::ClientContext context;
  v1::ComputeResponse response;
  grpc::Status status;
  std::thread caller([&] { status = Call(&context, &response); });
  started.wait();
  context.TryCancel();
  caller.join();
  gone.wait();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(CallTest, StopsTheWorkAtTheDeadline) {
  std::latch gone(1);
  Serve({.cost_ns = 1e8,
         .run = [](uint64_t, uint64_t, StopToken stop) { return RunUntilStopped(stop); },
         .gone = &gone});
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  v1::ComputeResponse response;
  EXPECT_EQ(Call(&context, &response).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  gone.wait();
}

TEST_F(CallTest, RefusesWhatTheDeadlineLeavesNoTimeFor) {
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

TEST_F(CallTest, TakesADeadlineOfThousandsOfYears) {
  Serve({.cost_ns = 1e7, .reply = 1});
  grpc::ClientContext context;
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                    gpr_time_from_hours(99'999'999, GPR_TIMESPAN)));
  v1::ComputeResponse response;
  EXPECT_TRUE(Call(&context, &response).ok());
}

TEST_F(CallTest, RefusesARequestOverTheLimit) {
  Serve({.reply = 1});
  v1::ComputeRequest request;
  // Unknown fields are bytes too.
  const auto set_bytes = [&request](size_t bytes) {
    request.GetReflection()->MutableUnknownFields(&request)->Clear();
    request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(
        9, std::string(bytes - 3, 'x'));
    ASSERT_EQ(request.ByteSizeLong(), bytes);
  };
  set_bytes(kRequestBytes);
  grpc::ClientContext at_the_limit, over;
  v1::ComputeResponse response;
  EXPECT_TRUE(Call(&at_the_limit, &response, request).ok());
  set_bytes(kRequestBytes + 1);
  const grpc::Status status = Call(&over, &response, request);
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE"));
  EXPECT_EQ(InfoOf(status, "bound"), "at most 1000 bytes");
  EXPECT_EQ(InfoOf(status, "value"), "1001");
}

TEST_F(CallTest, RefusesWhatNeedsMoreMemoryThanThereIs) {
  Serve({.cost_ns = kDear, .memory_bytes = kBudget + 1});
  const grpc::Status status = Call();
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_CEILING"));
  EXPECT_FALSE(FindDetail<google::rpc::RetryInfo>(status).has_value());
}

TEST_F(CallTest, RefusesWithAHintToRetryWhatOtherCallsLeaveNoMemoryFor) {
  std::latch started(1), finish(1);
  Serve({.cost_ns = kDear, .memory_bytes = kBudget, .run = [&](uint64_t, uint64_t, StopToken) {
           started.count_down();
           finish.wait();
           return absl::OkStatus();
         }});
  std::thread other([this] { EXPECT_TRUE(Call().ok()); });
  started.wait();
  const grpc::Status status = Call();
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_CEILING"));
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status).has_value());
  finish.count_down();
  other.join();
}

TEST_F(CallTest, RefusesWithAHintToRetryWhereTooManyCallsWait) {
  std::latch started(kJobs), finish(1);
  Serve({.cost_ns = kDear, .run = [&](uint64_t, uint64_t, StopToken) {
           started.count_down();
           finish.wait();
           return absl::OkStatus();
         }});
  std::vector<std::thread> others;
  for (size_t i = 0; i < kJobs; ++i) {
    others.emplace_back([this] { EXPECT_TRUE(Call().ok()); });
  }
  started.wait();
  const grpc::Status status = Call();
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED"));
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status).has_value());
  finish.count_down();
  for (std::thread& other : others) other.join();
}

// ---- Streams ----

TEST_F(CallTest, StreamsBlocksInOrder) {
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
}

TEST_F(CallTest, EndsAnEmptyStream) {
  std::atomic<uint64_t> opened = 0;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<FakeStream>(0, &opened, &gone); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(CallTest, DeliversTheBlocksBeforeAnError) {
  std::atomic<uint64_t> opened = 0;
  std::latch gone(1);
  service_.make_stream = [&] { return std::make_unique<FakeStream>(9, &opened, &gone, 3); };
  grpc::ClientContext context;
  const auto reader = stub_->StreamTerms(&context, {});
  v1::StreamTermsResponse response;
  uint64_t next = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.first(), next++);
  EXPECT_EQ(reader->Finish().error_message(), "block");
  EXPECT_LE(next, 3u);
}

TEST_F(CallTest, ParksAStreamWhoseReaderIsSlow) {
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

TEST_F(CallTest, FreesAStreamWhoseReaderIsSlowAndThenCancels) {
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

TEST_F(CallTest, FreesAStreamWhoseClientCancels) {
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

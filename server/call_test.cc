#include "server/call.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernelserve/v1/call_timing.pb.h"
#include "server/call_fixture.h"
#include "server/call_metadata.h"
#include "server/error_details_matchers.h"

namespace kernelserve::server {
namespace {

// Runs until it is told to stop.
absl::Status RunUntilStopped(StopToken stop) {
  while (!stop.stopped()) std::this_thread::yield();
  return absl::OkStatus();
}

TEST_F(CallTest, AnswersACheapCallAtOnce) {
  Serve({.rows = 3,
         .run =
             [&](uint64_t begin, uint64_t end, StopToken) {
               return begin == 0 && end == 3 ? absl::OkStatus()
                                             : absl::InternalError("not at once");
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

TEST_F(CallTest, AnswersACallWithoutRows) {
  Serve({.rows = 0, .reply = 1});
  EXPECT_TRUE(Call().ok());
  Serve({.rows = 0, .cost_ns = kDear, .reply = 1});
  EXPECT_TRUE(Call().ok());
}

TEST_F(CallTest, SendsTheTimingOfACallThatFails) {
  for (const double cost_ns : {0.0, kDear}) {
    Serve({.cost_ns = cost_ns,
           .run = [](uint64_t, uint64_t, StopToken) { return absl::NotFoundError("gone"); }});
    grpc::ClientContext context;
    context.AddMetadata("kernelserve-timing", "1");
    v1::ComputeResponse response;
    EXPECT_FALSE(Call(&context, &response).ok());
    EXPECT_EQ(TimingOf(context).instance_id(), "instance");
  }
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

// Else a client could not tell that it broke off, after which gRPC does not try it again.
TEST_F(CallTest, NamesAnAnswerThatMayArriveInPart) {
  constexpr uint64_t kFrame = 16 << 10;
  for (const uint64_t bytes : {uint64_t{0}, kFrame - 100, kFrame, 64 * kFrame}) {
    for (const double cost_ns : {0.0, kDear}) {
      Serve({.cost_ns = cost_ns, .reply_bytes = bytes});
      grpc::ClientContext context;
      context.AddMetadata("x-request-id", "my-8");
      v1::ComputeResponse response;
      EXPECT_TRUE(Call(&context, &response).ok());
      EXPECT_EQ(context.GetServerInitialMetadata().count("x-request-id"), bytes < kFrame ? 0u : 1u);
      EXPECT_EQ(Trailer(context, "x-request-id"), "my-8");
    }
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

TEST_F(CallTest, CallsItTheMemoryCeilingWhereAnAllocationFailsAtOnceOrOnThePool) {
  for (const double cost_ns : {0.0, kDear}) {
    Serve({.cost_ns = cost_ns,
           .run = [](uint64_t, uint64_t, StopToken) -> absl::Status { throw std::bad_alloc(); }});
    EXPECT_THAT(Call(), IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_CEILING"));
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
  std::latch finish(1);
  Serve({.cost_ns = kDear, .run = [&](uint64_t, uint64_t, StopToken) {
           finish.wait();
           return absl::OkStatus();
         }});
  std::vector<std::thread> others;
  for (size_t i = 0; i < kJobs; ++i) {
    others.emplace_back([this] { EXPECT_TRUE(Call().ok()); });
  }
  while (pool_.load().jobs < kJobs) std::this_thread::yield();
  const grpc::Status status = Call();
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED"));
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status).has_value());
  finish.count_down();
  for (std::thread& other : others) other.join();
}

// So many calls are refused that the next ones have to wait for their turn.
class FloodedCallTest : public CallTest {
 protected:
  FloodedCallTest() {
    static struct : HeldRefusals::Refusal {
      void Tell() override {}
    } other;  // one may be told yet
    for (int64_t flow = 0; flow < 3 * kRefusalsPerSecond; ++flow) {
      if (refusals_.Hold(&other, static_cast<uint64_t>(flow), INT64_MAX)) {
        refusals_.TakeBack(&other);
      }
    }
  }
  ~FloodedCallTest() override {
    finish_.count_down();
    for (std::thread& other : others_) other.join();
    while (refusals_.held() > 0) std::this_thread::yield();
  }

  // The pool has as many calls as it takes.
  void FillPool() { Occupy(kJobs, 0); }
  // A call runs that has nearly all the memory there is: others are refused when they are begun.
  void FillMemory() {
    Occupy(1, kFilled);
    while (memory_.reserved() < kFilled) std::this_thread::yield();
  }
  static constexpr uint64_t kFilled = kBudget - 2 * kRequestBytes;

  // Whether its refusal was held before `call` returned; looks on each time that it sees it held.
  bool WasHeld(
      const std::function<void()>& call, const std::function<void()>& look = [] {}) {
    std::atomic<bool> returned = false;
    std::thread calling([&] {
      call();
      returned = true;
    });
    bool was_held = false;
    while (!returned) {
      if (refusals_.held() == 0) continue;
      was_held = true;
      look();
    }
    calling.join();
    return was_held;
  }
  // What a call is told whose client gives up while its refusal is held.
  grpc::Status CancelWhileHeld() {
    grpc::ClientContext context;
    grpc::Status status;
    EXPECT_TRUE(WasHeld(
        [&] {
          v1::ComputeResponse response;
          status = Call(&context, &response);
        },
        [&] { context.TryCancel(); }));
    return status;
  }

  std::latch finish_{1};
  std::vector<std::thread> others_;

 private:
  void Occupy(size_t calls, uint64_t memory_bytes) {
    Serve(
        {.cost_ns = kDear, .memory_bytes = memory_bytes, .run = [&](uint64_t, uint64_t, StopToken) {
           finish_.wait();
           return absl::OkStatus();
         }});
    for (size_t i = 0; i < calls; ++i) {
      others_.emplace_back([this] { EXPECT_TRUE(Call().ok()); });
    }
    while (pool_.load().jobs < calls) std::this_thread::yield();
  }
};

TEST_F(FloodedCallTest, HoldsARefusalBackUntilItsTurn) {
  FillPool();
  grpc::Status status;
  EXPECT_TRUE(WasHeld([&] { status = Call(); }));
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED"));
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status).has_value());
}

TEST_F(FloodedCallTest, OutlivesTheClientOfAHeldRefusal) {
  FillPool();
  EXPECT_EQ(CancelWhileHeld().error_code(), grpc::StatusCode::CANCELLED);
}

// Told at once, clients that take no notice of when to come back did so 175 times a second.
TEST_F(FloodedCallTest, HoldsBackTheRefusalOfACallThatHasWaitedForAWorker) {
  FillMemory();
  grpc::Status status;
  EXPECT_TRUE(WasHeld([&] { status = Call(); }));
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_CEILING"));
}

TEST_F(FloodedCallTest, HoldsBackTheRefusalOfAStreamThatHasWaitedForAWorker) {
  FillMemory();
  class Hungry : public StreamHandler {
   public:
    absl::Status Decode(const grpc::ByteBuffer&) override { return absl::OkStatus(); }
    uint64_t memory_bytes() const override { return kBudget / 2; }
    double cost_ns() const override { return 0; }
    absl::StatusOr<std::unique_ptr<Block>> NextBlock() override { return nullptr; }
  };
  service_.make_stream = [] { return std::make_unique<Hungry>(); };
  grpc::ClientContext context;
  v1::StreamTermsRequest request;
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(
      99, std::string(kRequestBytes / 2, 'x'));
  grpc::Status status;
  EXPECT_TRUE(
      WasHeld([&] { status = stub_->StreamTerms(&context, request)->Finish(); },
              [&] { EXPECT_EQ(memory_.reserved(), kFilled) << "what the request took is free"; }));
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_CEILING"));
}

TEST_F(FloodedCallTest, OutlivesTheClientOfACallThatHasWaitedAndIsHeld) {
  FillMemory();
  EXPECT_EQ(CancelWhileHeld().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(CallTest, RefusesWithAHintToRetryWhereOthersHaveWaitedForHalfOfItsTime) {
  std::latch started(2), finish(1);
  Serve({.cost_ns = kDear, .run = [&](uint64_t, uint64_t, StopToken) {
           started.count_down();
           finish.wait();
           return absl::OkStatus();
         }});
  std::vector<std::thread> others;
  for (size_t i = 0; i < pool_.workers(); ++i) {
    others.emplace_back([this] { EXPECT_TRUE(Call().ok()); });
  }
  started.wait();
  // Nobody waits yet, so that this one may.
  grpc::ClientContext impatient;
  impatient.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::ComputeResponse response;
  std::thread third([&] { EXPECT_TRUE(Call(&impatient, &response).ok()); });
  while (pool_.load().jobs < 3) std::this_thread::yield();
  const uint64_t flow = absl::HashOf('p', HostOfPeer("ipv4:127.0.0.1:1"));
  while (pool_.WaitNs(flow) < 30'000'000) std::this_thread::yield();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  const grpc::Status status = Call(&context, &response);
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED"));
  EXPECT_EQ(InfoOf(status, "field"), "deadline");
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status).has_value());
  finish.count_down();
  third.join();
  for (std::thread& other : others) other.join();
}

}  // namespace
}  // namespace kernelserve::server

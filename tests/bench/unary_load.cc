// A steady load of unary calls from one connection.
//
//   unary_load unix:/path CALLS OUTSTANDING [TOKEN]
//
// Asks for F(42) CALLS times, keeping OUTSTANDING calls under way, each with TOKEN as its bearer
// token if there is one, and prints a JSON object: how
// many answers were right, the wall-clock nanoseconds of all, and percentiles of a call's.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "grpcpp/grpcpp.h"
#include "kernelserve/v1/fibonacci.grpc.pb.h"

namespace {

namespace v1 = kernelserve::v1;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kN = 42;
constexpr uint64_t kExpected = 267'914'296;

// What all slots share. Call i is whoever's turn it is.
struct Load {
  v1::FibonacciService::Stub* stub;
  const size_t calls;
  const std::string authorization;  // "": none
  std::atomic<size_t> next = 0;
  std::atomic<size_t> right = 0;
  std::vector<int64_t> nanoseconds;  // of each call
  absl::BlockingCounter slots;

  Load(v1::FibonacciService::Stub* stub, size_t calls, int outstanding, const char* token)
      : stub(stub),
        calls(calls),
        authorization(token == nullptr ? "" : std::string("Bearer ") + token),
        nanoseconds(calls),
        slots(outstanding) {}
};

// One call at a time, the next as soon as the last is answered.
class Slot {
 public:
  explicit Slot(Load* load) : load_(load) { request_.set_n(kN); }

  void Next() {
    const size_t call = load_->next.fetch_add(1, std::memory_order_relaxed);
    if (call >= load_->calls) {
      load_->slots.DecrementCount();
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    if (!load_->authorization.empty()) {
      context_->AddMetadata("authorization", load_->authorization);
    }
    const Clock::time_point began = Clock::now();
    load_->stub->async()->Compute(
        context_.get(), &request_, &response_, [this, call, began](grpc::Status status) {
          load_->nanoseconds[call] = (Clock::now() - began) / std::chrono::nanoseconds(1);
          if (status.ok() && response_.small() == kExpected) ++load_->right;
          Next();
        });
  }

 private:
  Load* load_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::ComputeRequest request_;
  v1::ComputeResponse response_;
};

}  // namespace

int main(int argc, char** argv) {
  const bool complete = argc == 4 || argc == 5;
  const long calls = complete ? std::atol(argv[2]) : 0;
  const int outstanding = complete ? std::atoi(argv[3]) : 0;
  if (calls <= 0 || outstanding <= 0) {
    std::fprintf(stderr, "usage: unary_load ADDRESS CALLS OUTSTANDING [TOKEN]\n");
    return 64;
  }
  const auto stub = v1::FibonacciService::NewStub(
      grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  Load load(stub.get(), calls, outstanding, argc == 5 ? argv[4] : nullptr);
  std::vector<Slot> slots;
  slots.reserve(outstanding);
  for (int i = 0; i < outstanding; ++i) slots.emplace_back(&load);

  const Clock::time_point began = Clock::now();
  for (Slot& slot : slots) slot.Next();
  load.slots.Wait();
  const int64_t elapsed = (Clock::now() - began) / std::chrono::nanoseconds(1);

  std::sort(load.nanoseconds.begin(), load.nanoseconds.end());
  const auto percentile = [&](double part) {
    return load.nanoseconds[static_cast<size_t>(part * static_cast<double>(calls - 1))];
  };
  std::printf("{\"calls\": %ld, \"right\": %zu, \"wall_ns\": %" PRId64 ", \"p50_ns\": %" PRId64
              ", \"p99_ns\": %" PRId64 "}\n",
              calls, load.right.load(), elapsed, percentile(0.5), percentile(0.99));
  return load.right == static_cast<size_t>(calls) ? 0 : 1;
}

#ifndef KERNELSERVE_SERVER_CALL_FIXTURE_H_
#define KERNELSERVE_SERVER_CALL_FIXTURE_H_

#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "kernelserve/v1/call_timing.pb.h"
#include "kernelserve/v1/fibonacci.grpc.pb.h"
#include "server/call.h"
#include "server/limits.h"
#include "server/memory_budget.h"
#include "server/scheduler/held_refusals.h"
#include "server/scheduler/worker_pool.h"

// For tests of the adapter: a service over a real socket whose handlers do what a test wants.
namespace kernelserve::server {

using S = v1::FibonacciService;
using RawService =
    S::WithRawCallbackMethod_Compute<S::WithRawCallbackMethod_StreamTerms<S::Service>>;

// The methods of a service, made of whatever handlers a test wants.
class FakeService
    : public v1::FibonacciService::WithRawCallbackMethod_Compute<
          v1::FibonacciService::WithRawCallbackMethod_StreamTerms<v1::FibonacciService::Service>> {
 public:
  explicit FakeService(const CallEnvironment& environment) : environment_(environment) {}

  grpc::ServerUnaryReactor* Compute(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override {
    return ServeUnary(environment_, Method::kCompute, context, request, response, make_unary());
  }
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamTerms(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override {
    return ServeStream(environment_, Method::kStreamTerms, context, request, make_stream());
  }

  std::function<std::unique_ptr<UnaryHandler>()> make_unary;
  std::function<std::unique_ptr<StreamHandler>()> make_stream;

 private:
  const CallEnvironment& environment_;
};

// The estimate of a call that is too dear to be answered at once.
inline constexpr double kDear = 1e9;

// What a fake handler does; each has its own default.
struct Script {
  uint64_t rows = 1;
  double cost_ns = 0;
  uint64_t memory_bytes = 0;
  std::function<absl::Status(uint64_t begin, uint64_t end, StopToken stop)> run =
      [](uint64_t, uint64_t, StopToken) { return absl::OkStatus(); };
  uint64_t reply = 0;
  uint64_t reply_bytes = 0;    // of which it has so many, if any
  std::latch* gone = nullptr;  // counted down when the handler is
};

inline absl::StatusOr<grpc::ByteBuffer> Reply(uint64_t value) {
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
  absl::StatusOr<grpc::ByteBuffer> Encode() override {
    if (script_.reply_bytes == 0) return Reply(script_.reply);
    v1::ComputeResponse response;
    response.set_magnitude(std::string(script_.reply_bytes, 'x'));
    return SerializeMessage(response);
  }

 private:
  const Script script_;
};

class CallTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kRequestBytes = 1000;
  static constexpr uint64_t kBudget = 1 << 20;
  static constexpr size_t kJobs = 3;

  CallTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = builder.BuildAndStart();
    // A client that takes in no more than it has asked for, and 64 KB.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    stub_ = v1::FibonacciService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials(), arguments));
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
  HeldRefusals refusals_;
  WorkerPool pool_{2, kJobs};
  const CallEnvironment environment_{.pool = &pool_,
                                     .memory = &memory_,
                                     .refusals = &refusals_,
                                     .request_bytes_max = kRequestBytes,
                                     .instance_id = "instance"};
  FakeService service_{environment_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::FibonacciService::Stub> stub_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CALL_FIXTURE_H_

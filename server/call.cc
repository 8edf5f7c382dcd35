#include "server/call.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "kernelserve/v1/call_timing.pb.h"
#include "server/call_job.h"
#include "server/call_metadata.h"
#include "server/call_record.h"
#include "server/held_reactor.h"
#include "server/limits.h"
#include "server/memory_budget.h"
#include "server/scheduler/worker_pool.h"
#include "server/security/tokens.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

using ::grpc::ByteBuffer;
using ::grpc::CallbackServerContext;

// What can be told without reading the request.
absl::Status CheckEnvelope(const CallEnvironment& environment, const CallbackServerContext& context,
                           const CallMetadata& metadata, const ByteBuffer& request) {
  if (environment.tokens != nullptr && !environment.tokens->Accepts(metadata.bearer_token)) {
    return MakeError(absl::StatusCode::kUnauthenticated,
                     {.reason = "UNAUTHENTICATED",
                      .field = "authorization",
                      .bound = "a bearer token that this server takes"},
                     metadata.bearer_token.empty()
                         ? "this server asks for a bearer token, and the call has none"
                         : "the call's bearer token is none that this server takes");
  }
  if (IsCompressed(request)) {
    return MakeError(absl::StatusCode::kUnimplemented,
                     {.reason = "COMPRESSION_NOT_SUPPORTED",
                      .field = "grpc-encoding",
                      .bound = "identity",
                      .value = "compressed"},
                     "the request is compressed, which this server does not take: turn "
                     "compression off");
  }
  if (const uint64_t bytes = request.Length(); bytes > environment.request_bytes_max) {
    return MakeError(
        absl::StatusCode::kResourceExhausted,
        {.reason = "REQUEST_TOO_LARGE",
         .field = "request",
         .bound = absl::StrCat("at most ", environment.request_bytes_max, " bytes"),
         .value = absl::StrCat(bytes)},
        absl::StrCat("the request has ", bytes, " bytes and this server takes at most ",
                     environment.request_bytes_max, ": send it in parts"));
  }
  const gpr_timespec deadline = context.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_now(deadline.clock_type)) <= 0) {
    return MakeError(
        absl::StatusCode::kDeadlineExceeded,
        {.reason = "DEADLINE_UNREACHABLE", .field = "deadline", .bound = "in the future"},
        "the call's deadline had passed before it was read");
  }
  return absl::OkStatus();
}

absl::Status Submit(const CallEnvironment& environment, CallJob* job) {
  if (absl::Status status = job->Admit(); !status.ok()) return status;
  if (environment.pool->Submit(job)) return absl::OkStatus();
  return RetryLater(
      MakeError(absl::StatusCode::kResourceExhausted,
                {.reason = "OVERLOADED", .bound = absl::StrCat("at most ", kJobsMax, " calls")},
                absl::StrCat(kJobsMax, " calls wait for a worker: try again, or elsewhere")),
      kRetryDelayMs);
}

// gRPC gives the request as const for the sake of those that share it; this one is nobody else's.
ByteBuffer* Mutable(const ByteBuffer* request) { return const_cast<ByteBuffer*>(request); }

CallJob::Options JobOptions(const CallEnvironment& environment,
                            const CallbackServerContext& context, const CallMetadata& metadata) {
  return {.environment = &environment,
          .flow = FlowKey(metadata, context),
          .deadline = context.raw_deadline(),
          .decoded = false,
          .blocks_ahead = 1,
          .one_block = false};
}

// ---- Unary, at once ----

// Runs `work`, which may throw where memory runs out.
template <typename Work>
absl::Status Guarded(Work work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryError();
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

absl::Status RunInline(UnaryHandler& handler, ByteBuffer* response) {
  if (absl::Status status = handler.Prepare({}); !status.ok()) return status;
  if (const uint64_t rows = handler.rows(); rows > 0) {
    if (absl::Status status = handler.Run(0, rows, {}); !status.ok()) return status;
  }
  absl::StatusOr<ByteBuffer> reply = handler.Encode();
  if (!reply.ok()) return reply.status();
  response->Swap(&*reply);
  return absl::OkStatus();
}

// Measures the stages of a call that is answered at once.
class InlineStopwatch {
 public:
  uint64_t Lap() {
    const Clock::time_point now = Clock::now();
    return static_cast<uint64_t>(
        std::chrono::nanoseconds(now - std::exchange(start_, now)).count());
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// ---- Unary, on the pool ----

// A unary handler as a stream of one block.
class OneBlock : public StreamHandler {
 public:
  explicit OneBlock(std::unique_ptr<UnaryHandler> handler) : handler_(std::move(handler)) {}

  absl::Status Decode(const ByteBuffer& request) override { return handler_->Decode(request); }
  uint64_t memory_bytes() const override { return handler_->memory_bytes(); }
  absl::string_view kernel() const override { return handler_->kernel(); }
  double cost_ns() const override { return handler_->cost_ns(); }
  absl::StatusOr<std::unique_ptr<Block>> NextBlock() override { return std::move(handler_); }

 private:
  std::unique_ptr<UnaryHandler> handler_;
};

// What reaches the client at once or not at all, as nearly as TCP lets one say: a frame of HTTP/2,
// of which gRPC takes five bytes.
constexpr uint64_t kWholeReplyBytes = (16 << 10) - 5;

void FinishUnary(const CallRecord& record, const absl::Status& status, const v1::CallTiming& timing,
                 const CallWork& work, grpc::ServerUnaryReactor* reactor) {
  if (status.ok() && work.sent_bytes > kWholeReplyBytes) record.NameAnswer();
  reactor->Finish(record.End(status, timing, work));
}

// What is refused for load after it has waited is told so in its turn, as on arrival: there, too,
// clients ask again at once.
//
// gRPC deletes it, in effect, by OnDone: after Finish has been called and every reaction has
// returned. Finish is called in Tell and nowhere else, and so once, whatever becomes of the client:
// OnCancel only stops the work, or the waiting.
class UnaryCall final : public grpc::ServerUnaryReactor, public CallJob {
 public:
  UnaryCall(const CallJob::Options& options, const CallRecord& record, ByteBuffer* request,
            ByteBuffer* response, std::unique_ptr<UnaryHandler> handler)
      : CallJob(options, request, std::make_unique<OneBlock>(std::move(handler))),
        record_(record),
        response_(response) {}

  void OnCancel() override { Cancel(); }
  void OnDone() override { delete this; }
  // What either frees is soon freed. With a hop to gRPC's executor for each, an overloaded server
  // whose clients have all gone took a second to notice, instead of a twentieth.
  bool InternalInlineable() override { return true; }

 private:
  void OnReady() override {}
  void OnEnd() override {
    TakeReady(response_);
    Release();
    TellInTurn();
  }
  void Tell() override {
    CallWork work = Work();
    work.sent_bytes = response_->Length();
    FinishUnary(record_, status(), Timing(), work, this);
  }

  const CallRecord record_;
  ByteBuffer* const response_;
};

// ---- Streams ----

class RefusedStream final : public grpc::ServerWriteReactor<ByteBuffer> {
 public:
  explicit RefusedStream(grpc::Status status) { Finish(std::move(status)); }
  void OnDone() override { delete this; }
};

// As UnaryCall, with a writer: at most one write is outstanding, and Finish waits for the last one
// and for the end of the job.
class StreamCall final : public grpc::ServerWriteReactor<ByteBuffer>, public CallJob {
 public:
  StreamCall(const CallJob::Options& options, const CallRecord& record, ByteBuffer* request,
             std::unique_ptr<StreamHandler> handler)
      : CallJob(options, request, std::move(handler)),
        pool_(*options.environment->pool),
        record_(record) {}

  void OnWriteDone(bool ok) override {
    {
      std::lock_guard lock(write_mutex_);
      outgoing_.Clear();
      writing_ = false;  // from here on a task may write the next one
    }
    if (!ok) pool_.Stop(this);  // the connection is gone
    WriteOrFinish();
  }
  void OnCancel() override { Cancel(); }
  void OnDone() override { delete this; }

 private:
  void OnReady() override { WriteOrFinish(); }
  void OnEnd() override {
    Release();
    TellInTurn();
  }
  void Tell() override { WriteOrFinish(/*ended=*/true); }

  // Does what there is to do now; `ended` says that the job has. After it has started something,
  // or left it to OnWriteDone to finish what has ended, *this may be gone, unless the caller is a
  // reaction or a task.
  void WriteOrFinish(bool ended = false) {
    bool write;
    {
      std::lock_guard lock(write_mutex_);
      ended_ |= ended;
      if (writing_ || finished_) return;
      write = !stopped() && TakeReady(&outgoing_);
      if (!write && !ended_) return;
      (write ? writing_ : finished_) = true;
      if (write) {
        if (sent_bytes_ == 0) record_.NameAnswer();
        sent_bytes_ += outgoing_.Length();
      }
    }
    if (write) {
      pool_.Resume(this);  // one fewer is ahead
      StartWrite(&outgoing_);
      return;
    }
    CallWork work = Work();
    work.sent_bytes = sent_bytes_;  // the last has been written: nobody changes it any more
    Finish(record_.End(status(), Timing(), work));
  }

  WorkerPool& pool_;
  const CallRecord record_;
  std::mutex write_mutex_;  // taken before CallJob's
  ByteBuffer outgoing_;     // belongs to gRPC while writing_
  uint64_t sent_bytes_ = 0;
  bool writing_ = false;
  bool ended_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerUnaryReactor* ServeUnary(const CallEnvironment& environment, Method method,
                                     CallbackServerContext* context, const ByteBuffer* request,
                                     ByteBuffer* response, std::unique_ptr<UnaryHandler> handler) {
  const CallRecord record(environment, context, method, request->Length());
  v1::CallTiming timing;
  CallWork work;
  // gRPC's own reactor needs no allocation and no hop to another thread when it is done.
  const auto answer = [&](const absl::Status& status) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    FinishUnary(record, status, timing, work, reactor);
    return reactor;
  };

  if (absl::Status status = CheckEnvelope(environment, *context, record.metadata(), *request);
      !status.ok()) {
    return answer(status);
  }
  const bool small = handler->IsSmall(*request);
  if (small) {
    InlineStopwatch stopwatch;
    absl::Status status = Guarded([&] { return handler->Decode(*request); });
    timing.set_decode_ns(stopwatch.Lap());
    if (!status.ok()) return answer(status);
    if (handler->cost_ns() <= static_cast<double>(kInlineCostNs)) {
      status = Guarded([&] { return RunInline(*handler, response); });
      timing.set_run_cpu_ns(stopwatch.Lap());
      timing.set_cells(handler->cells());
      work = {
          .kernel = handler->kernel(), .rows = handler->rows(), .sent_bytes = response->Length()};
      return answer(status);
    }
  }

  CallJob::Options options = JobOptions(environment, *context, record.metadata());
  options.decoded = small;
  options.one_block = true;
  auto call =
      std::make_unique<UnaryCall>(options, record, Mutable(request), response, std::move(handler));
  if (absl::Status status = Submit(environment, call.get()); !status.ok()) {
    auto* const held = HoldBack<grpc::ServerUnaryReactor>(environment, std::move(call),
                                                          Mutable(request), record, status, timing);
    return held != nullptr ? held : answer(status);
  }
  return call.release();
}

grpc::ServerWriteReactor<ByteBuffer>* ServeStream(const CallEnvironment& environment, Method method,
                                                  CallbackServerContext* context,
                                                  const ByteBuffer* request,
                                                  std::unique_ptr<StreamHandler> handler) {
  const CallRecord record(environment, context, method, request->Length());
  const auto refuse = [&](const absl::Status& status) {
    return new RefusedStream(record.End(status, {}, {}));
  };
  if (absl::Status status = CheckEnvelope(environment, *context, record.metadata(), *request);
      !status.ok()) {
    return refuse(status);
  }
  CallJob::Options options = JobOptions(environment, *context, record.metadata());
  options.blocks_ahead = handler->blocks_ahead(environment.pool->workers());
  auto call = std::make_unique<StreamCall>(options, record, Mutable(request), std::move(handler));
  if (absl::Status status = Submit(environment, call.get()); !status.ok()) {
    auto* const held = HoldBack<grpc::ServerWriteReactor<ByteBuffer>>(
        environment, std::move(call), Mutable(request), record, status, {});
    return held != nullptr ? held : refuse(status);
  }
  return call.release();
}

}  // namespace kernelserve::server

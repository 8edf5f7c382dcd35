#ifndef KERNELSERVE_SERVER_HELD_REACTOR_H_
#define KERNELSERVE_SERVER_HELD_REACTOR_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "grpcpp/support/byte_buffer.h"
#include "kernelserve/v1/call_timing.pb.h"
#include "server/call.h"
#include "server/call_job.h"
#include "server/call_record.h"
#include "server/scheduler/held_refusals.h"
#include "server/status.h"

// Calls that are refused for load, and told so in their turn.
namespace kernelserve::server {

// Answers when its refusal's turn has come, or its client has gone.
template <typename Reactor>
class HeldReactor final : public Reactor, public HeldRefusals::Refusal {
 public:
  HeldReactor(HeldRefusals* refusals, const CallRecord& record, absl::Status status,
              v1::CallTiming timing)
      : refusals_(*refusals),
        record_(record),
        status_(std::move(status)),
        timing_(std::move(timing)) {}

  void Tell() override { this->Finish(record_.End(status_, timing_, {})); }
  void OnCancel() override {
    if (refusals_.TakeBack(this)) Tell();
  }
  void OnDone() override { delete this; }
  // Both are short: a hop to gRPC's executor for each would take a hundredth of an overloaded core.
  bool InternalInlineable() override { return true; }

 private:
  HeldRefusals& refusals_;
  const CallRecord record_;
  const absl::Status status_;
  const v1::CallTiming timing_;
};

// The reactor of a call that was refused, where its refusal has to wait; null where that is to
// leave at once. What the call holds is free when this returns.
template <typename Reactor>
Reactor* HoldBack(const CallEnvironment& environment, std::unique_ptr<CallJob> call,
                  grpc::ByteBuffer* request, const CallRecord& record, const absl::Status& status,
                  const v1::CallTiming& timing) {
  request->Clear();
  if (!IsForLater(status)) return nullptr;
  auto held = std::make_unique<HeldReactor<Reactor>>(environment.refusals, record, status, timing);
  return call->HoldBack(held.get()) ? held.release() : nullptr;
}

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_HELD_REACTOR_H_

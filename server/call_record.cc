#include "server/call_record.h"

#include <string>

#include "server/observability/call_observer.h"
#include "server/status.h"

namespace kernelserve::server {

CallRecord::CallRecord(const CallEnvironment& environment, grpc::CallbackServerContext* context,
                       Method method, uint64_t received_bytes)
    : environment_(environment),
      context_(context),
      metadata_(*context),
      method_(method),
      received_bytes_(received_bytes) {
  if (environment_.observer != nullptr) environment_.observer->Started(method_);
}

void CallRecord::NameAnswer() const {
  if (metadata_.request_id.empty()) return;
  context_->AddInitialMetadata("x-request-id", std::string(metadata_.request_id));
}

grpc::Status CallRecord::End(const absl::Status& status, v1::CallTiming timing,
                             const CallWork& work) const {
  if (metadata_.wants_timing) {
    timing.set_instance_id(environment_.instance_id);
    context_->AddTrailingMetadata("kernelserve-timing-bin", timing.SerializeAsString());
  }
  // One is made up only where it is needed and the client gave none: for an error.
  std::string request_id(metadata_.request_id);
  if (!status.ok() && request_id.empty()) request_id = NewRequestId();
  if (!request_id.empty()) context_->AddTrailingMetadata("x-request-id", request_id);
  if (environment_.observer != nullptr) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - arrival_;
    environment_.observer->Ended(
        {.method = method_,
         .status = status,
         .request_id = request_id,
         .peer = environment_.observer->Logs(status) ? context_->peer() : "",
         .kernel = work.kernel,
         .seconds = took.count(),
         .received_bytes = received_bytes_,
         .sent_bytes = work.sent_bytes,
         .rows = work.rows,
         .timing = timing});
  }
  return ToGrpcStatus(status, request_id);
}

}  // namespace kernelserve::server

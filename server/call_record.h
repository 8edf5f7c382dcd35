#ifndef KERNELSERVE_SERVER_CALL_RECORD_H_
#define KERNELSERVE_SERVER_CALL_RECORD_H_

#include <chrono>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"
#include "kernelserve/v1/call_timing.pb.h"
#include "server/call.h"
#include "server/call_metadata.h"
#include "server/method.h"

namespace kernelserve::server {

// What a call has done, for whoever observes it.
struct CallWork {
  absl::string_view kernel = {};  // a name of the catalog; "" where there is none
  uint64_t rows = 0;
  uint64_t sent_bytes = 0;
};

// One call from its arrival to its end: what its client says of it, and how its end is told, to the
// client in trailers and to the environment's observer. For one thread at a time.
class CallRecord {
 public:
  // Both outlive it.
  CallRecord(const CallEnvironment& environment, grpc::CallbackServerContext* context,
             Method method, uint64_t received_bytes);

  const CallMetadata& metadata() const { return metadata_; }

  // Sets what precedes a reply that may reach the client in part, the call's id: by it, a client
  // knows of a call that breaks off that its answer had begun, and gRPC tries no such call again.
  // To be called before the first message, of a call that has not failed.
  void NameAnswer() const;

  // Sets what follows the reply, and returns the status to finish with. To be called once, before
  // Finish.
  grpc::Status End(const absl::Status& status, v1::CallTiming timing, const CallWork& work) const;

 private:
  const CallEnvironment& environment_;
  grpc::CallbackServerContext* const context_;
  const CallMetadata metadata_;
  const Method method_;
  const uint64_t received_bytes_;
  const std::chrono::steady_clock::time_point arrival_ = std::chrono::steady_clock::now();
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CALL_RECORD_H_

#ifndef KERNELSERVE_SERVER_CALL_METADATA_H_
#define KERNELSERVE_SERVER_CALL_METADATA_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"

namespace kernelserve::server {

// What a client says about a call in metadata, found in one pass. Views of the context's memory.
struct CallMetadata {
  explicit CallMetadata(const grpc::CallbackServerContext& context);

  absl::string_view request_id;    // x-request-id, cut to kRequestIdBytes; empty unless printable
  absl::string_view client_id;     // kernelserve-client-id
  absl::string_view bearer_token;  // authorization: Bearer …
  bool wants_timing = false;       // kernelserve-timing: 1
};

// Whose turn a call takes: the holder of the bearer token, else the client by the id that it gives
// itself, else the host that it comes from (behind a proxy, that is the proxy). Differs from one
// process to the next.
uint64_t FlowKey(const CallMetadata& metadata, const grpc::CallbackServerContext& context);

// "ipv4:10.0.0.7:4711" as "ipv4:10.0.0.7": a client with several connections is one flow.
absl::string_view HostOfPeer(absl::string_view peer);

// For a call whose client gave none: 24 hex digits, unlike any other's.
std::string NewRequestId();

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CALL_METADATA_H_

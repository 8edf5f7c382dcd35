#include "server/call_metadata.h"

#include <atomic>
#include <random>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "server/limits.h"

namespace kernelserve::server {

CallMetadata::CallMetadata(const grpc::CallbackServerContext& context) {
  for (const auto& [name, value_ref] : context.client_metadata()) {
    const absl::string_view key(name.data(), name.size());
    absl::string_view value(value_ref.data(), value_ref.size());
    if (key == "x-request-id") {
      request_id = value.substr(0, kRequestIdBytes);
    } else if (key == "kernelserve-client-id") {
      client_id = value;
    } else if (key == "kernelserve-timing") {
      wants_timing = value == "1";
    } else if (key == "authorization" && absl::StartsWithIgnoreCase(value, "bearer ")) {
      bearer_token = value.substr(7);
    }
  }
}

absl::string_view HostOfPeer(absl::string_view peer) {
  if (!absl::StartsWith(peer, "ipv4:") && !absl::StartsWith(peer, "ipv6:")) return peer;
  return peer.substr(0, peer.rfind(':'));
}

uint64_t FlowKey(const CallMetadata& metadata, const grpc::CallbackServerContext& context) {
  // The kind is hashed too: a client cannot name itself into another one's flow.
  if (!metadata.bearer_token.empty()) return absl::HashOf('t', metadata.bearer_token);
  if (!metadata.client_id.empty()) return absl::HashOf('c', metadata.client_id);
  return absl::HashOf('p', HostOfPeer(context.peer()));
}

std::string NewRequestId() {
  static const uint64_t process = [] {
    std::random_device device;
    return (static_cast<uint64_t>(device()) << 32) | device();
  }();
  static std::atomic<uint32_t> call = 0;
  return absl::StrFormat("%016x%08x", process, call.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace kernelserve::server

#include "server/call_metadata.h"

#include <algorithm>
#include <atomic>
#include <random>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

// Whether gRPC sends the text as metadata. Of what came in it checks nothing, and it ends the
// process where it is given other bytes to send. (Printable ASCII is UTF-8 too, which the string
// fields of the error details have to be.)
bool CanBeEchoed(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

CallMetadata::CallMetadata(const grpc::CallbackServerContext& context) {
  for (const auto& [name, value_ref] : context.client_metadata()) {
    const absl::string_view key(name.data(), name.size());
    absl::string_view value(value_ref.data(), value_ref.size());
    if (key == "x-request-id") {
      value = value.substr(0, kRequestIdBytes);
      request_id = CanBeEchoed(value) ? value : absl::string_view();
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

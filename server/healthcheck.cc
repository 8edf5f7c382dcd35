#include "server/healthcheck.h"

#include <chrono>
#include <future>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

// HealthCheckResponse{status: SERVING} as it travels: field 1, varint 1. Two bytes are less than a
// copy of health.proto, which Debian's gRPC does not ship; HealthCheckRequest{} is empty.
constexpr absl::string_view kServing("\x08\x01", 2);

std::string StatusName(absl::string_view response) {
  if (response == absl::string_view("\x08\x02", 2)) return "NOT_SERVING";
  return "UNKNOWN";
}

}  // namespace

absl::Status Healthcheck(const ListenAddress& address, const TlsFiles& tls) {
  const std::string target = ForLocalClient(address).ToString();
  const auto fail = [&target](absl::string_view why) {
    return absl::UnavailableError(absl::StrCat(target, ": ", why));
  };
  if (!address.is_unix() && address.port == 0) {
    return fail("has no port to ask at; name one with --healthcheck_address");
  }

  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto credentials = address.is_unix() || tls.empty() ? grpc::InsecureChannelCredentials()
                                                            : TlsProbeCredentials(tls);
  grpc::GenericStub stub(grpc::CreateCustomChannel(target, credentials, arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(kHealthcheckTimeoutMs));
  grpc::Slice empty;
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  if (!status.ok()) return fail(status.error_message());

  grpc::Slice slice;
  if (!response.DumpToSingleSlice(&slice).ok()) return fail("answered with nothing");
  const absl::string_view bytes(reinterpret_cast<const char*>(slice.begin()), slice.size());
  if (bytes != kServing) return fail(absl::StrCat("is ", StatusName(bytes)));
  return absl::OkStatus();
}

}  // namespace kernelserve::server

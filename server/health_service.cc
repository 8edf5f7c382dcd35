#include "server/health_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "server/message.h"

namespace kernelserve::server {
namespace {

using ::google::protobuf::internal::WireFormatLite;
using ::grpc::ByteBuffer;

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";

constexpr char kStatusTag = 0x08;  // HealthCheckResponse: field 1, varint

// HealthCheckRequest: field 1 is the service's name. False where it is no such message. By hand,
// as the reply is: two fields are less than a copy of health.proto, which gRPC does not install.
bool ParseRequest(const ByteBuffer& request, std::string* service) {
  grpc::Slice slice;
  if (IsCompressed(request) || !request.DumpToSingleSlice(&slice).ok()) return false;
  google::protobuf::io::CodedInputStream input(slice.begin(), static_cast<int>(slice.size()));
  for (uint32_t tag; (tag = input.ReadTag()) != 0;) {
    if (tag == WireFormatLite::MakeTag(1, WireFormatLite::WIRETYPE_LENGTH_DELIMITED)) {
      uint32_t bytes;
      if (!input.ReadVarint32(&bytes) || !input.ReadString(service, static_cast<int>(bytes))) {
        return false;
      }
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      return false;
    }
  }
  return input.ConsumedEntireMessage();
}

grpc::Status Malformed() {
  return {grpc::StatusCode::INVALID_ARGUMENT, "the request is not a HealthCheckRequest"};
}

template <typename Status>
ByteBuffer Encode(Status status) {
  const std::string bytes = {kStatusTag, static_cast<char>(status)};
  const grpc::Slice slice(bytes);
  return ByteBuffer(&slice, 1);
}

class Finished final : public grpc::ServerWriteReactor<ByteBuffer> {
 public:
  explicit Finished(grpc::Status status) { Finish(std::move(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

// One client's Watch: the status once, and again whenever it has changed. Everything but OnDone
// is under the service's mutex.
class HealthService::Watch final : public grpc::ServerWriteReactor<ByteBuffer> {
 public:
  Watch(HealthService* health, std::string service)
      : health_(*health), service_(std::move(service)) {}

  // Sends the news or, once there is none, the end, unless a write is outstanding.
  void Update() {
    if (writing_ || finished_) return;
    const Status status = health_.StatusOf(service_);
    if (status != sent_ && !cancelled_) {
      sent_ = status;
      writing_ = true;
      reply_ = Encode(status);
      StartWrite(&reply_);
    } else if (cancelled_ || health_.ending_) {
      finished_ = true;
      health_.watches_.erase(this);
      // OK at the end: at an error, gRPC's client throws away what it has not read yet, which can
      // be the very news that the server stops.
      Finish(cancelled_ ? grpc::Status::CANCELLED : grpc::Status::OK);
    }
  }

 private:
  void OnWriteDone(bool ok) override {
    std::lock_guard lock(health_.mutex_);
    writing_ = false;
    cancelled_ = cancelled_ || !ok;
    Update();
  }
  void OnCancel() override {
    std::lock_guard lock(health_.mutex_);
    cancelled_ = true;
    Update();
  }
  void OnDone() override { delete this; }

  HealthService& health_;
  const std::string service_;
  Status sent_{};  // none of them
  ByteBuffer reply_;
  bool writing_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
};

HealthService::HealthService(std::vector<std::string> services)
    : services_(services.begin(), services.end()) {
  // What generated code does for a service of its own.
  using grpc::internal::RpcMethod;
  using grpc::internal::RpcServiceMethod;
  AddMethod(new RpcServiceMethod(kCheck, RpcMethod::NORMAL_RPC, nullptr));
  MarkMethodRawCallback(
      0, new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
             [this](grpc::CallbackServerContext* context, const ByteBuffer* request,
                    ByteBuffer* response) { return Check(context, request, response); }));
  AddMethod(new RpcServiceMethod(kWatch, RpcMethod::SERVER_STREAMING, nullptr));
  MarkMethodRawCallback(1,
                        new grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(
                            [this](grpc::CallbackServerContext*, const ByteBuffer* request) {
                              return StartWatch(request);
                            }));
}

HealthService::~HealthService() = default;

bool HealthService::serving() const {
  std::lock_guard lock(mutex_);
  return serving_;
}

void HealthService::StopServing() {
  std::lock_guard lock(mutex_);
  serving_ = false;
  for (Watch* watch : watches_) watch->Update();
}

void HealthService::EndWatches() {
  std::lock_guard lock(mutex_);
  ending_ = true;
  const std::set<Watch*> watches = watches_;  // they leave it while they are told
  for (Watch* watch : watches) watch->Update();
}

HealthService::Status HealthService::StatusOf(const std::string& service) const {
  if (!service.empty() && !services_.contains(service)) return Status::kServiceUnknown;
  return serving_ ? Status::kServing : Status::kNotServing;
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const ByteBuffer* request, ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::string service;
  if (!ParseRequest(*request, &service)) {
    reactor->Finish(Malformed());
    return reactor;
  }
  Status status;
  {
    std::lock_guard lock(mutex_);
    status = StatusOf(service);
  }
  if (status == Status::kServiceUnknown) {
    reactor->Finish({grpc::StatusCode::NOT_FOUND, "no service of this name"});
  } else {
    *response = Encode(status);
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

grpc::ServerWriteReactor<ByteBuffer>* HealthService::StartWatch(const ByteBuffer* request) {
  std::string service;
  if (!ParseRequest(*request, &service)) return new Finished(Malformed());
  auto* watch = new Watch(this, std::move(service));
  std::lock_guard lock(mutex_);
  watches_.insert(watch);
  watch->Update();
  return watch;
}

}  // namespace kernelserve::server

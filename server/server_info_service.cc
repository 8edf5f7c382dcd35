#include "server/server_info_service.h"

#include <memory>

namespace kernelserve::server {
namespace {

class GetServerInfoHandler
    : public MessageHandler<v1::GetServerInfoRequest, v1::GetServerInfoResponse> {
 public:
  explicit GetServerInfoHandler(const v1::GetServerInfoResponse& info) : info_(info) {}

 private:
  absl::Status Compute(const v1::GetServerInfoRequest&, StopToken,
                       v1::GetServerInfoResponse* response) override {
    *response = info_;
    return absl::OkStatus();
  }

  const v1::GetServerInfoResponse& info_;
};

}  // namespace

grpc::ServerUnaryReactor* ServerInfoService::GetServerInfo(grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer* request,
                                                           grpc::ByteBuffer* response) {
  return ServeUnary(environment_, Method::kGetServerInfo, context, request, response,
                    std::make_unique<GetServerInfoHandler>(info_));
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_SERVER_INFO_SERVICE_H_
#define KERNELSERVE_SERVER_SERVER_INFO_SERVICE_H_

#include <utility>

#include "kernelserve/v1/server_info.grpc.pb.h"
#include "server/call.h"

namespace kernelserve::server {

namespace server_info_internal {
using S = v1::ServerInfoService;
using Raw = S::WithRawCallbackMethod_GetServerInfo<S::Service>;
}  // namespace server_info_internal

// Answers every call with the same description.
class ServerInfoService final : public server_info_internal::Raw {
 public:
  // `environment` outlives the service.
  ServerInfoService(const CallEnvironment& environment, v1::GetServerInfoResponse info)
      : environment_(environment), info_(std::move(info)) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;

 private:
  const CallEnvironment& environment_;
  const v1::GetServerInfoResponse info_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SERVER_INFO_SERVICE_H_

#ifndef KERNELSERVE_SERVER_HEALTH_SERVICE_H_
#define KERNELSERVE_SERVER_HEALTH_SERVICE_H_

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "grpcpp/impl/service_type.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

namespace kernelserve::server {

// grpc.health.v1.Health (grpc's doc/health-checking.md): Check and Watch, for each service by name
// and for the whole server by "".
//
// gRPC has one of its own, but its Watch streams last as long as their clients like: draining
// would always take the whole of its time, since it cannot tell them from calls that do work. Ours
// end when they are told to.
//
// Thread-safe.
class HealthService final : public grpc::Service {
 public:
  // Every one of `services` is SERVING, and so is the whole.
  explicit HealthService(std::vector<std::string> services);
  ~HealthService() override;

  bool serving() const;

  // Everything is NOT_SERVING from now on, and each Watch hears of it.
  void StopServing();

  // Ends each Watch, open or yet to come, once it has sent its news.
  void EndWatches();

 private:
  enum class Status : char { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };
  class Watch;

  Status StatusOf(const std::string& service) const;  // requires mutex_
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request, grpc::ByteBuffer* response);
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StartWatch(const grpc::ByteBuffer* request);

  const std::set<std::string> services_;
  mutable std::mutex mutex_;
  bool serving_ = true;
  bool ending_ = false;
  std::set<Watch*> watches_;  // not finished; entries leave before they are deleted
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_HEALTH_SERVICE_H_

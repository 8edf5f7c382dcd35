#ifndef KERNELSERVE_SERVER_KERNEL_SERVICE_H_
#define KERNELSERVE_SERVER_KERNEL_SERVICE_H_

#include "kernels/kernel.h"
#include "kernelserve/v1/kernel.grpc.pb.h"
#include "server/batch_handler.h"
#include "server/call.h"

namespace kernelserve::server {

namespace kernel_internal {
using S = v1::KernelService;
using Raw = S::WithRawCallbackMethod_ListKernels<S::WithRawCallbackMethod_Run<S::Service>>;
}  // namespace kernel_internal

// Every kernel of the catalog by its name: what there is, and how to run it.
class KernelService final : public kernel_internal::Raw {
 public:
  // Both outlive the service.
  KernelService(const CallEnvironment& calls, const BatchEnvironment& batches)
      : calls_(calls), batches_(batches) {}

  grpc::ServerUnaryReactor* ListKernels(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context,
                                const grpc::ByteBuffer* request,
                                grpc::ByteBuffer* response) override;

 private:
  const CallEnvironment& calls_;
  const BatchEnvironment& batches_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_KERNEL_SERVICE_H_

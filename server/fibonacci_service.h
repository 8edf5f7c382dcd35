#ifndef KERNELSERVE_SERVER_FIBONACCI_SERVICE_H_
#define KERNELSERVE_SERVER_FIBONACCI_SERVICE_H_

#include <cstdint>

#include "kernelserve/v1/fibonacci.grpc.pb.h"
#include "server/call.h"

namespace kernelserve::server {

namespace fibonacci_internal {
using S = v1::FibonacciService;
using Raw = S::WithRawCallbackMethod_Compute<S::WithRawCallbackMethod_StreamTerms<S::Service>>;
}  // namespace fibonacci_internal

// Fibonacci numbers, one or consecutive ones. Whole numbers are given up to `n_max`; modulo another
// number, any.
class FibonacciService final : public fibonacci_internal::Raw {
 public:
  // `environment` outlives the service.
  FibonacciService(const CallEnvironment& environment, uint64_t n_max)
      : environment_(environment), n_max_(n_max) {}

  grpc::ServerUnaryReactor* Compute(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamTerms(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request) override;

 private:
  const CallEnvironment& environment_;
  const uint64_t n_max_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_FIBONACCI_SERVICE_H_

#ifndef KERNELSERVE_SERVER_STRING_DISTANCE_SERVICE_H_
#define KERNELSERVE_SERVER_STRING_DISTANCE_SERVICE_H_

#include "kernelserve/v1/string_distance.grpc.pb.h"
#include "server/batch_handler.h"
#include "server/call.h"
#include "server/cross/cross_handler.h"

namespace kernelserve::server {

namespace string_distance_internal {
using S = v1::StringDistanceService;
using OnePair = S::WithRawCallbackMethod_Compare<
    S::WithRawCallbackMethod_EditScript<S::WithRawCallbackMethod_Align<S::Service>>>;
using Rows = S::WithRawCallbackMethod_Pairwise<S::WithRawCallbackMethod_PairwiseRecords<OnePair>>;
using Raw = S::WithRawCallbackMethod_Cdist<
    S::WithRawCallbackMethod_TopK<S::WithRawCallbackMethod_Join<Rows>>>;
}  // namespace string_distance_internal

// Scorers of the catalog over pairs of texts: one pair (Compare, EditScript, Align), two columns
// row by row (Pairwise), pairs of records (PairwiseRecords), and every query with every choice
// (Cdist, TopK, Join).
class StringDistanceService final : public string_distance_internal::Raw {
 public:
  // All outlive the service.
  StringDistanceService(const CallEnvironment& calls, const BatchEnvironment& batches,
                        const CrossEnvironment& crosses)
      : calls_(calls), batches_(batches), crosses_(crosses) {}

  grpc::ServerUnaryReactor* Compare(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* EditScript(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Align(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Pairwise(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* PairwiseRecords(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Cdist(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* TopK(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Join(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* request) override;

 private:
  const CallEnvironment& calls_;
  const BatchEnvironment& batches_;
  const CrossEnvironment& crosses_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_STRING_DISTANCE_SERVICE_H_

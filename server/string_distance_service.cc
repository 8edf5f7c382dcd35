#include "server/string_distance_service.h"

#include <memory>

#include "server/pair_handlers.h"
#include "server/pairwise_handler.h"
#include "server/pairwise_records_handler.h"

namespace kernelserve::server {

grpc::ServerUnaryReactor* StringDistanceService::Compare(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request,
                                                         grpc::ByteBuffer* response) {
  return ServeUnary(calls_, Method::kCompare, context, request, response, MakeCompareHandler());
}

grpc::ServerUnaryReactor* StringDistanceService::EditScript(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* request,
                                                            grpc::ByteBuffer* response) {
  return ServeUnary(calls_, Method::kEditScript, context, request, response,
                    MakeEditScriptHandler());
}

grpc::ServerUnaryReactor* StringDistanceService::Align(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return ServeUnary(calls_, Method::kAlign, context, request, response, MakeAlignHandler());
}

grpc::ServerUnaryReactor* StringDistanceService::Pairwise(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request,
                                                          grpc::ByteBuffer* response) {
  return ServeUnary(calls_, Method::kPairwise, context, request, response,
                    MakePairwiseHandler(batches_));
}

grpc::ServerUnaryReactor* StringDistanceService::PairwiseRecords(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return ServeUnary(calls_, Method::kPairwiseRecords, context, request, response,
                    MakePairwiseRecordsHandler(batches_));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StringDistanceService::Cdist(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServeStream(calls_, Method::kCdist, context, request,
                     std::make_unique<CrossHandler>(CrossMethod::kCdist, crosses_));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StringDistanceService::TopK(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServeStream(calls_, Method::kTopK, context, request,
                     std::make_unique<CrossHandler>(CrossMethod::kTopK, crosses_));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StringDistanceService::Join(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServeStream(calls_, Method::kJoin, context, request,
                     std::make_unique<CrossHandler>(CrossMethod::kJoin, crosses_));
}

}  // namespace kernelserve::server

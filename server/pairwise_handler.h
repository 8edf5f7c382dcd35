#ifndef KERNELSERVE_SERVER_PAIRWISE_HANDLER_H_
#define KERNELSERVE_SERVER_PAIRWISE_HANDLER_H_

#include <memory>

#include "server/batch_handler.h"

namespace kernelserve::server {

// StringDistanceService.Pairwise: a scorer over two columns of texts, row by row.
std::unique_ptr<UnaryHandler> MakePairwiseHandler(const BatchEnvironment& environment);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_PAIRWISE_HANDLER_H_

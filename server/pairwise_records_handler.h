#ifndef KERNELSERVE_SERVER_PAIRWISE_RECORDS_HANDLER_H_
#define KERNELSERVE_SERVER_PAIRWISE_RECORDS_HANDLER_H_

#include <memory>

#include "server/batch_handler.h"

namespace kernelserve::server {

// StringDistanceService.PairwiseRecords: pairs of records of several columns. Metrics count its
// rows as the first scorer's.
std::unique_ptr<UnaryHandler> MakePairwiseRecordsHandler(const BatchEnvironment& environment);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_PAIRWISE_RECORDS_HANDLER_H_

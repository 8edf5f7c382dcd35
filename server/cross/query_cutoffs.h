#ifndef KERNELSERVE_SERVER_CROSS_QUERY_CUTOFFS_H_
#define KERNELSERVE_SERVER_CROSS_QUERY_CUTOFFS_H_

#include <vector>

#include "absl/status/status.h"
#include "server/cross/cross_request.h"

namespace kernelserve::server {

// Reads the cutoffs of single queries into *cutoffs, by query; none where the request has none.
// They take the place of the scorer's, which becomes one that they all pass. A null lets every
// score pass. OUT_OF_RANGE where the scorer would not take one of them.
absl::Status ReadQueryCutoffs(CrossRequest* request, std::vector<double>* cutoffs);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_QUERY_CUTOFFS_H_

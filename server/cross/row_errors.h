#ifndef KERNELSERVE_SERVER_CROSS_ROW_ERRORS_H_
#define KERNELSERVE_SERVER_CROSS_ROW_ERRORS_H_

#include "kernels/texts.h"
#include "kernelserve/v1/types.pb.h"

namespace kernelserve::server {

// Adds the rows of `texts` that could not be read: their number, and the first kRowErrorsListed of
// all with their reasons.
void AppendRowErrors(const Texts& texts, v1::RowErrors* errors);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_ROW_ERRORS_H_

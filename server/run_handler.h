#ifndef KERNELSERVE_SERVER_RUN_HANDLER_H_
#define KERNELSERVE_SERVER_RUN_HANDLER_H_

#include <memory>

#include "server/batch_handler.h"

namespace kernelserve::server {

// KernelService.Run: any kernel of the catalog over columns of its arguments, row by row.
std::unique_ptr<UnaryHandler> MakeRunHandler(const BatchEnvironment& environment);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_RUN_HANDLER_H_

#ifndef KERNELSERVE_SERVER_PAIR_HANDLERS_H_
#define KERNELSERVE_SERVER_PAIR_HANDLERS_H_

#include <memory>

#include "server/call.h"

namespace kernelserve::server {

// The methods of StringDistanceService about one pair of texts.
std::unique_ptr<UnaryHandler> MakeCompareHandler();
std::unique_ptr<UnaryHandler> MakeEditScriptHandler();
std::unique_ptr<UnaryHandler> MakeAlignHandler();

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_PAIR_HANDLERS_H_

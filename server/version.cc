#include "server/version.h"

namespace kernelserve::server {

const char* const kVersion = KERNELSERVE_VERSION;

}  // namespace kernelserve::server

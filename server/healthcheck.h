#ifndef KERNELSERVE_SERVER_HEALTHCHECK_H_
#define KERNELSERVE_SERVER_HEALTHCHECK_H_

#include "absl/status/status.h"
#include "server/listen_address.h"
#include "server/security/tls.h"

namespace kernelserve::server {

// Asks the server at `address` for its health (grpc.health.v1), as a container's HEALTHCHECK does
// with the one binary that is there. OK where it is SERVING; otherwise the error says what it is,
// or why nothing answered within kHealthcheckTimeoutMs.
// `tls` is what the server has been given.
absl::Status Healthcheck(const ListenAddress& address, const TlsFiles& tls);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_HEALTHCHECK_H_

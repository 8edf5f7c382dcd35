#ifndef KERNELSERVE_SERVER_CONNECTIONS_LISTENING_SOCKETS_H_
#define KERNELSERVE_SERVER_CONNECTIONS_LISTENING_SOCKETS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "server/descriptor.h"
#include "server/listen_address.h"

namespace kernelserve::server {

// Sockets that listen at one address.
struct ListeningSockets {
  std::vector<Descriptor> sockets;  // a name may stand for several addresses; they do not block
  ListenAddress address;            // with the real port
};

// Listens at `address`: at each address that a name stands for, at the same port. A unix socket is
// for its owner only; see PrepareUnixPath for what may be in its way. An error names the address
// and the operating system's reason.
absl::StatusOr<ListeningSockets> Listen(const ListenAddress& address);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CONNECTIONS_LISTENING_SOCKETS_H_

#ifndef KERNELSERVE_SERVER_LISTEN_ADDRESS_H_
#define KERNELSERVE_SERVER_LISTEN_ADDRESS_H_

#include <sys/un.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kernelserve::server {

// Where to listen: "unix:/run/kernelserve/socket", "127.0.0.1:50051", "localhost:0", "[::1]:50051".
struct ListenAddress {
  std::string path;   // of a unix socket, absolute; else empty
  std::string host;   // of a TCP socket: a name or a number, IPv6 without brackets
  uint16_t port = 0;  // 0: any free one

  bool is_unix() const { return !path.empty(); }
  std::string ToString() const;  // as gRPC takes it, and clients too
};

// Errors name what was given and what is wrong with it. A unix path may have kUnixPathBytes.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

// Separated by commas; at least one.
absl::StatusOr<std::vector<ListenAddress>> ParseListenAddresses(absl::string_view text);

// False where other machines might connect: then plain text is somebody's to read.
bool IsLocal(const ListenAddress& address);

// Where a client on this machine reaches it: a wildcard becomes loopback.
ListenAddress ForLocalClient(const ListenAddress& address);

// The address of a unix socket at `path`, of at most 107 bytes: more are cut off.
sockaddr_un UnixAddress(const std::string& path);

// Makes way for a unix socket at `path`: its directory, mode 0700, where there is none; and removes
// a socket that nobody listens on any more. Refuses a path where a server listens, or where
// there is something else.
absl::Status PrepareUnixPath(const std::string& path);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_LISTEN_ADDRESS_H_

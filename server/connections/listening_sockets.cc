#include "server/connections/listening_sockets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

absl::Status Failure(const ListenAddress& address, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("\"", address.ToString(), "\": ", why));
}

absl::Status Failure(const ListenAddress& address, int error) {
  return Failure(address, std::generic_category().message(error));
}

// Sockets that are made while it exists are for the owner only.
class PrivateUmask {
 public:
  PrivateUmask() : before_(umask(0177)) {}
  ~PrivateUmask() { umask(before_); }
  PrivateUmask(const PrivateUmask&) = delete;
  PrivateUmask& operator=(const PrivateUmask&) = delete;

 private:
  const mode_t before_;
};

constexpr int kKind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

absl::StatusOr<ListeningSockets> ListenAtPath(const ListenAddress& address) {
  if (absl::Status status = PrepareUnixPath(address.path); !status.ok()) return status;
  Descriptor socket(::socket(AF_UNIX, kKind, 0));
  const sockaddr_un path = UnixAddress(address.path);
  {
    const PrivateUmask for_the_owner;
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&path), sizeof path) != 0) {
      return Failure(address, errno);
    }
  }
  if (listen(socket.get(), kListenBacklog) != 0) return Failure(address, errno);
  ListeningSockets listening{.address = address};
  listening.sockets.push_back(std::move(socket));
  return listening;
}

void SetOption(const Descriptor& socket, int level, int option, int value) {
  setsockopt(socket.get(), level, option, &value, sizeof value);
}

// Sets the port of any address family.
void SetPort(sockaddr* address, uint16_t port) {
  if (address->sa_family == AF_INET)
    reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
  }
}

uint16_t PortOf(const Descriptor& socket) {
  sockaddr_storage bound{};
  socklen_t bytes = sizeof bound;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &bytes) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&bound)->sin_port
                                          : reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port);
}

}  // namespace

absl::StatusOr<ListeningSockets> Listen(const ListenAddress& address) {
  if (address.is_unix()) return ListenAtPath(address);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error =
          getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
      error != 0) {
    return Failure(address, gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> results(found, &freeaddrinfo);
  ListeningSockets listening{.address = address};
  for (addrinfo* result = found; result != nullptr; result = result->ai_next) {
    Descriptor socket(::socket(result->ai_family, kKind, 0));
    // A name's addresses may be of a family that this machine has not.
    if (!socket.is_open() && errno == EAFNOSUPPORT && result->ai_next != nullptr) continue;
    SetOption(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    // What follows, accepted connections take over.
    SetOption(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    SetOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kKeepaliveTimeoutMs);
    if (result->ai_family == AF_INET6) SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    SetPort(result->ai_addr, listening.address.port);
    if (bind(socket.get(), result->ai_addr, result->ai_addrlen) != 0 ||
        listen(socket.get(), kListenBacklog) != 0) {
      return Failure(address, errno);
    }
    listening.address.port = PortOf(socket);
    listening.sockets.push_back(std::move(socket));
  }
  return listening;
}

}  // namespace kernelserve::server

#include "server/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/descriptor.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

absl::Status InvalidAddress(absl::string_view address, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("\"", address, "\" ", why));
}

std::string ErrorText(int error) { return std::generic_category().message(error); }

}  // namespace

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  return address;
}

std::string ListenAddress::ToString() const {
  if (is_unix()) return absl::StrCat("unix:", path);
  return absl::StrCat(absl::StrContains(host, ':') ? absl::StrCat("[", host, "]") : host, ":",
                      port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  ListenAddress address;
  if (absl::string_view path = text; absl::ConsumePrefix(&path, "unix:")) {
    absl::ConsumePrefix(&path, "//");  // unix:///path is the same to gRPC
    if (!absl::StartsWith(path, "/")) {
      return InvalidAddress(text,
                            "must have an absolute path: unix:/run/user/1000/kernelserve.socket");
    }
    if (path.size() > kUnixPathBytes) {
      return InvalidAddress(
          text, absl::StrCat("has a path of ", path.size(),
                             " bytes; a unix socket's may have at most ", kUnixPathBytes));
    }
    address.path = std::string(path);
    return address;
  }

  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) {
    return InvalidAddress(text, "must be unix:/path, host:port or [v6]:port");
  }
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  const bool bracketed = absl::ConsumePrefix(&host, "[");
  if (bracketed != absl::ConsumeSuffix(&host, "]") || host.empty() ||
      bracketed != absl::StrContains(host, ':')) {
    return InvalidAddress(text, "must be unix:/path, host:port or [v6]:port");
  }
  uint32_t number;
  if (!absl::SimpleAtoi(port, &number) || number > UINT16_MAX) {
    return InvalidAddress(text,
                          absl::StrCat("has the port \"", port, "\", which is none of 0 to 65535"));
  }
  address.host = std::string(host);
  address.port = static_cast<uint16_t>(number);
  return address;
}

absl::StatusOr<std::vector<ListenAddress>> ParseListenAddresses(absl::string_view text) {
  std::vector<ListenAddress> addresses;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    absl::StatusOr<ListenAddress> address = ParseListenAddress(part);
    if (!address.ok()) return address.status();
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

bool IsLocal(const ListenAddress& address) {
  return address.is_unix() || address.host == "localhost" || address.host == "::1" ||
         absl::StartsWith(address.host, "127.");
}

ListenAddress ForLocalClient(const ListenAddress& address) {
  ListenAddress reachable = address;
  if (address.host == "0.0.0.0") reachable.host = "127.0.0.1";
  if (address.host == "::") reachable.host = "::1";
  return reachable;
}

absl::Status PrepareUnixPath(const std::string& path) {
  const auto fail = [&path](absl::string_view why) {
    return absl::FailedPreconditionError(absl::StrCat("\"unix:", path, "\" ", why));
  };
  const std::string directory = std::filesystem::path(path).parent_path().string();
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(absl::StrCat("needs the directory ", directory, ": ", ErrorText(errno)));
  }

  struct stat status;
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return fail(absl::StrCat("cannot be looked at: ", ErrorText(errno)));
  }
  if (!S_ISSOCK(status.st_mode)) return fail("is there already, and no socket");

  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.get() < 0) return fail(absl::StrCat("cannot be tried: ", ErrorText(errno)));
  const sockaddr_un address = UnixAddress(path);
  const int connected =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  // EPROTOTYPE: a server's socket for regions, which takes packets.
  if (connected == 0 || errno == EAGAIN || errno == EPROTOTYPE) {
    return fail("has a server listening already");
  }
  if (errno != ECONNREFUSED) return fail(absl::StrCat("cannot be tried: ", ErrorText(errno)));
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail(absl::StrCat("is left over and cannot be removed: ", ErrorText(errno)));
  }
  return absl::OkStatus();
}

}  // namespace kernelserve::server

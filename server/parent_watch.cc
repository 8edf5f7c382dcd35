#include "server/parent_watch.h"

#include <fcntl.h>

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace kernelserve::server {

absl::Status CheckPidfd(int fd) {
  std::ifstream info(absl::StrCat("/proc/self/fdinfo/", fd));
  if (!info) {
    // Without /proc, at least that it is open.
    if (fcntl(fd, F_GETFD) >= 0) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("descriptor ", fd, " is not open"));
  }
  for (std::string line; std::getline(info, line);) {
    if (absl::StartsWith(line, "Pid:")) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("descriptor ", fd, " is not a process's (pidfd)"));
}

}  // namespace kernelserve::server

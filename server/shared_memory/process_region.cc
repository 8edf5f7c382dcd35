#include "server/shared_memory/process_region.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace kernelserve::server {
namespace {

// Whether the process that a pidfd stands for runs. Its number is nobody else's while it does.
bool Runs(const Descriptor& process) {
  pollfd ended = {.fd = process.get(), .events = POLLIN, .revents = 0};
  int ready;
  do {
    ready = poll(&ended, 1, 0);
  } while (ready < 0 && errno == EINTR);
  return ready == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProcessRegion>> ProcessRegion::Open(pid_t process, uint64_t address,
                                                                   Bytes proof) {
  // A process that this one does not see, as from inside a container, has no number here.
  if (process <= 0) return absl::InvalidArgumentError("the server does not see your process");
  Descriptor lives(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
  if (!lives.is_open()) {
    return absl::InvalidArgumentError(
        absl::StrCat("pidfd_open: ", std::generic_category().message(errno)));
  }
  std::unique_ptr<ProcessRegion> region(new ProcessRegion(process, std::move(lives)));
  std::vector<uint8_t> found(proof.size());
  errno = ESRCH;  // as of a process that ends meanwhile
  if (!region->Read(address, found.size(), found.data())) {
    return absl::InvalidArgumentError(
        absl::StrCat("process_vm_readv: ", std::generic_category().message(errno)));
  }
  if (!std::equal(found.begin(), found.end(), proof.begin())) {
    return absl::InvalidArgumentError("the process does not have these bytes there");
  }
  return region;
}

bool ProcessRegion::Read(uint64_t offset, size_t size, uint8_t* to) const {
  while (size > 0) {
    iovec here = {.iov_base = to, .iov_len = size};
    // An address in the other process: a number that is never followed in this one.
    iovec there = {.iov_base = reinterpret_cast<void*>(offset), .iov_len = size};
    const ssize_t count = process_vm_readv(process_, &here, 1, &there, 1, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    to += count;
    offset += static_cast<uint64_t>(count);
    size -= static_cast<size_t>(count);
  }
  return Runs(lives_);
}

}  // namespace kernelserve::server

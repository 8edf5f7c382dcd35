#include "server/shared_memory/memfd_region.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

// Whether this is ordinary memory that keeps its size: what shrinks can't be read, and what is
// opened to append would grow with each result. Only memfds have seals, which stay once they are
// set; those of huge pages may run out of them while they are read.
absl::StatusOr<uint64_t> SizeOfSealed(int memory) {
  struct statfs file_system;
  const int seals = fcntl(memory, F_GET_SEALS);
  if (seals < 0 || fstatfs(memory, &file_system) != 0 || file_system.f_type != TMPFS_MAGIC) {
    return absl::InvalidArgumentError("the descriptor is not of memory made by memfd_create");
  }
  constexpr int kSize = F_SEAL_SHRINK | F_SEAL_GROW;
  if ((seals & kSize) != kSize) {
    return absl::InvalidArgumentError(
        "the memory is not sealed with F_SEAL_SHRINK and F_SEAL_GROW");
  }
  if ((fcntl(memory, F_GETFL) & O_ACCMODE) != O_RDWR) {
    return absl::InvalidArgumentError("the descriptor is not open for reading and writing");
  }
  struct stat status;
  if (fstat(memory, &status) != 0 || status.st_size <= 0) {
    return absl::InvalidArgumentError("the memory has no bytes");
  }
  const uint64_t size = static_cast<uint64_t>(status.st_size);
  if (size > kRegionBytesMax) {
    return absl::ResourceExhaustedError(absl::StrCat("the memory has ", size, " bytes, at most ",
                                                     kRegionBytesMax, " make a region"));
  }
  return size;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MemfdRegion>> MemfdRegion::Open(Descriptor memory) {
  const absl::StatusOr<uint64_t> size = SizeOfSealed(memory.get());
  if (!size.ok()) return size.status();
  return std::make_unique<MemfdRegion>(std::move(memory), *size);
}

bool MemfdRegion::Read(uint64_t offset, size_t size, uint8_t* to) const {
  while (size > 0) {
    const ssize_t count = pread(memory_.get(), to, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    to += count;
    offset += static_cast<uint64_t>(count);
    size -= static_cast<size_t>(count);
  }
  return true;
}

void MemfdRegion::Begin(uint64_t turn) {
  const std::lock_guard lock(mutex_);
  turn_ = std::max(turn_, turn);
}

bool MemfdRegion::Write(uint64_t turn, uint64_t offset, Bytes bytes) {
  const std::shared_lock lock(mutex_);  // also while writing: the next turn begins after it
  if (turn < turn_) return false;
  while (!bytes.empty()) {
    const ssize_t count =
        pwrite(memory_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return true;
}

}  // namespace kernelserve::server

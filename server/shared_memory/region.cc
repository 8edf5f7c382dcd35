#include "server/shared_memory/region.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/random.h>
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

std::string NewToken() {
  std::string token(RegionTable::kTokenBytes, '\0');
  while (getrandom(token.data(), token.size(), 0) != static_cast<ssize_t>(token.size())) {
  }
  return token;
}

}  // namespace

bool Region::Read(uint64_t offset, size_t size, uint8_t* to) const {
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

void Region::Begin(uint64_t turn) {
  const std::lock_guard lock(mutex_);
  turn_ = std::max(turn_, turn);
}

bool Region::Write(uint64_t turn, uint64_t offset, Bytes bytes) {
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

absl::StatusOr<std::string> RegionTable::Add(Descriptor memory) {
  const absl::StatusOr<uint64_t> size = SizeOfSealed(memory.get());
  if (!size.ok()) return size.status();
  if (absl::Status status = Count(*size); !status.ok()) return status;
  Held held{.region = std::make_shared<Region>(std::move(memory), *size),
            .budget = std::make_unique<MemoryBudget::Reservation>(memory_)};
  // Without the lock: others may be asked to give memory back.
  const absl::Status reserved = held.budget->Grow(*size);
  std::string token = NewToken();
  const std::lock_guard lock(mutex_);
  if (!reserved.ok()) {
    --count_;
    bytes_ -= *size;
    return reserved;
  }
  regions_.emplace(token, std::move(held));
  return token;
}

absl::Status RegionTable::Count(uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (count_ >= kRegionsMax) {
    return absl::ResourceExhaustedError(absl::StrCat("there are ", kRegionsMax, " regions"));
  }
  const uint64_t bytes_max = memory_->bytes() / kRegionBudgetParts;
  if (bytes_ + size > bytes_max) {
    return absl::ResourceExhaustedError(absl::StrCat("regions have ", bytes_, " bytes, with these ",
                                                     size, " they would have over ", bytes_max));
  }
  ++count_;
  bytes_ += size;
  return absl::OkStatus();
}

void RegionTable::Remove(const std::string& token) {
  Held held;  // closed without the lock
  const std::lock_guard lock(mutex_);
  const auto it = regions_.find(token);
  if (it == regions_.end()) return;
  held = std::move(it->second);
  regions_.erase(it);
  --count_;
  bytes_ -= held.region->size();
}

std::shared_ptr<Region> RegionTable::Find(const std::string& token) const {
  const std::lock_guard lock(mutex_);
  const auto it = regions_.find(token);
  return it == regions_.end() ? nullptr : it->second.region;
}

bool RegionTable::empty() const {
  const std::lock_guard lock(mutex_);
  return regions_.empty();
}

}  // namespace kernelserve::server

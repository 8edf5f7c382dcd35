#include "server/shared_memory/region_table.h"

#include <sys/random.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

std::string NewToken() {
  std::string token(RegionTable::kTokenBytes, '\0');
  while (getrandom(token.data(), token.size(), 0) != static_cast<ssize_t>(token.size())) {
  }
  return token;
}

}  // namespace

absl::StatusOr<std::string> RegionTable::Add(std::shared_ptr<Region> region) {
  const uint64_t size = region->held_bytes();
  if (absl::Status status = Count(size); !status.ok()) return status;
  Held held{.region = std::move(region),
            .budget = std::make_unique<MemoryBudget::Reservation>(memory_)};
  // Without the lock: others may be asked to give memory back.
  const absl::Status reserved = held.budget->Grow(size);
  std::string token = NewToken();
  const std::lock_guard lock(mutex_);
  if (!reserved.ok()) {
    --count_;
    bytes_ -= size;
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
  bytes_ -= held.region->held_bytes();
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

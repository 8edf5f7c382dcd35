#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_REGION_TABLE_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_REGION_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/memory_budget.h"
#include "server/shared_memory/region.h"

namespace kernelserve::server {

// Every client's regions by their tokens. Thread-safe.
class RegionTable {
 public:
  // Regions are reserved in `memory`, a part of it (kRegionBudgetParts) at most. It outlives this.
  explicit RegionTable(MemoryBudget* memory) : memory_(memory) {}

  // Takes the region in and returns its token, of kTokenBytes. An error says what there are too
  // many of.
  absl::StatusOr<std::string> Add(std::shared_ptr<Region> region);

  // Forgets a region. Calls that use it keep it while they do.
  void Remove(const std::string& token);

  // Null where there is none.
  std::shared_ptr<Region> Find(const std::string& token) const;

  bool empty() const;

  static constexpr size_t kTokenBytes = 16;

 private:
  struct Held {
    std::shared_ptr<Region> region;
    std::unique_ptr<MemoryBudget::Reservation> budget;
  };

  // Counts a region of so many bytes in, unless that were too many or too much.
  absl::Status Count(uint64_t size);

  MemoryBudget* const memory_;
  mutable std::mutex mutex_;
  std::map<std::string, Held> regions_;  // guarded by mutex_
  size_t count_ = 0;                     // guarded by mutex_; with those that are being added
  uint64_t bytes_ = 0;                   // guarded by mutex_; held for these
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_REGION_TABLE_H_

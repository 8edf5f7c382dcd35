#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_REGION_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_REGION_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/column.h"
#include "server/descriptor.h"
#include "server/memory_budget.h"

namespace kernelserve::server {

// Memory that a client shares with the server: a sealed memfd. It is read and written by system
// calls and never mapped, so that nothing the client does to it can be more than wrong data.
// Thread-safe.
class Region {
 public:
  Region(Descriptor memory, uint64_t size) : memory_(std::move(memory)), size_(size) {}

  uint64_t size() const { return size_; }

  // Copies `size` bytes from `offset` on. False where they are not there.
  bool Read(uint64_t offset, size_t size, uint8_t* to) const;

  // Says that a call of this turn uses the region for its results.
  void Begin(uint64_t turn);

  // Writes unless a later turn has begun. False where it wrote nothing or not all of it. Several
  // threads may, each to its own part.
  bool Write(uint64_t turn, uint64_t offset, Bytes bytes);

 private:
  const Descriptor memory_;
  const uint64_t size_;
  std::shared_mutex mutex_;
  uint64_t turn_ = 0;  // the latest; guarded by mutex_
};

// Every client's regions by their tokens. Thread-safe.
class RegionTable {
 public:
  // Regions are reserved in `memory`, a part of it (kRegionBudgetParts) at most. It outlives this.
  explicit RegionTable(MemoryBudget* memory) : memory_(memory) {}

  // Takes the memory in and returns its token, of kTokenBytes. An error says what is wrong with it:
  // of another kind, without the seal, or too large.
  absl::StatusOr<std::string> Add(Descriptor memory);

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
  uint64_t bytes_ = 0;                   // guarded by mutex_; of these
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_REGION_H_

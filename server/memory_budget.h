#ifndef KERNELSERVE_SERVER_MEMORY_BUDGET_H_
#define KERNELSERVE_SERVER_MEMORY_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"

namespace kernelserve::server {

// A number of bytes that calls share for their requests, prepared state and results. Nobody waits
// for it: a call that does not fit is refused at once and told to come back, so that an
// overloaded server stays quick to answer. Estimates are reserved, not allocations: it is the
// polite layer, with gRPC's ResourceQuota as the hard one below (server.cc).
//
// Thread-safe and without locks.
class MemoryBudget {
 public:
  // Bytes taken out of a budget, given back upon destruction. The budget must outlive it.
  class Reservation {
   public:
    Reservation() = default;
    explicit Reservation(MemoryBudget* budget) : budget_(budget) {}
    ~Reservation() { Clear(); }
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;

    // Takes `bytes` more. MEMORY_CEILING where they are not there, with RetryInfo unless this
    // reservation would not even fit an idle server; what is held stays held.
    absl::Status Grow(uint64_t bytes);

    // Gives `bytes` back, of those held.
    void Shrink(uint64_t bytes);
    void Clear() { Shrink(bytes_); }

   private:
    MemoryBudget* budget_ = nullptr;
    uint64_t bytes_ = 0;
  };

  explicit MemoryBudget(uint64_t bytes) : bytes_(bytes) {}

  // `reclaim` is called where a reservation does not fit, to give back at least so many bytes if it
  // can: on any thread, with no lock held. To be set before there is one.
  void set_reclaim(std::function<void(uint64_t bytes)> reclaim) { reclaim_ = std::move(reclaim); }

  uint64_t bytes() const { return bytes_; }
  uint64_t reserved() const { return reserved_.load(std::memory_order_relaxed); }

 private:
  const uint64_t bytes_;
  std::atomic<uint64_t> reserved_ = 0;
  std::function<void(uint64_t bytes)> reclaim_;
};

// MEMORY_CEILING for a call whose allocation failed.
absl::Status OutOfMemoryError();

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_MEMORY_BUDGET_H_

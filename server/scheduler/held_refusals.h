#ifndef KERNELSERVE_SERVER_SCHEDULER_HELD_REFUSALS_H_
#define KERNELSERVE_SERVER_SCHEDULER_HELD_REFUSALS_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "server/scheduler/refusal_pacer.h"

namespace kernelserve::server {

// The calls that were refused for load and are to be told so later. One thread wakes up for all
// that are due: a timer for each of them costs an overloaded server more than the rest of saying
// no. Thread-safe.
class HeldRefusals {
 public:
  class Refusal {
   public:
    // Its turn has come. Not under a lock.
    virtual void Tell() = 0;

   protected:
    ~Refusal() = default;

   private:
    friend class HeldRefusals;
    int64_t tell_at_ns_ = 0;
    bool is_withdrawn_ = false;  // before it was held
  };

  // Tells whether any is held, each time that changes: on any thread, which it must not keep.
  explicit HeldRefusals(std::function<void(bool any)> on_change = nullptr);
  // None is held any more.
  ~HeldRefusals();
  HeldRefusals(const HeldRefusals&) = delete;
  HeldRefusals& operator=(const HeldRefusals&) = delete;

  // Whether that of a call of `flow` whose time ends in `left_ns` is held back. Then Tell() is
  // called, perhaps before this returns, or it is taken back; else it is to be told at once.
  bool Hold(Refusal* refusal, uint64_t flow, int64_t left_ns);

  // Whether it was still held, and so will not be told. If not, it will not be held any more.
  bool TakeBack(Refusal* refusal);

  size_t held() const;

 private:
  void TellAllInTime();
  void TellChange();  // requires mutex_

  const std::function<void(bool)> on_change_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RefusalPacer pacer_;                              // guarded by mutex_
  std::set<std::pair<int64_t, Refusal*>> by_time_;  // guarded by mutex_
  bool told_any_ = false;                           // guarded by mutex_, what on_change_ was told
  bool ending_ = false;                             // guarded by mutex_
  std::thread thread_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_HELD_REFUSALS_H_

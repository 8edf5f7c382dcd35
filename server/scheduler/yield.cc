#include "server/scheduler/yield.h"

#include <sched.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "server/limits.h"
#include "server/scheduler/clocks.h"

namespace kernelserve::server {
namespace {

// How many threads were last seen on each core, of those that yield.
std::array<std::atomic<int>, 1024> threads_on;

// Where the thread was seen.
class Place {
 public:
  ~Place() { Leave(); }

  void See(size_t core) {
    core %= threads_on.size();
    if (core == core_) return;
    Leave();
    core_ = core;
    threads_on[core_].fetch_add(1, std::memory_order_relaxed);
  }
  void Leave() {
    if (core_ != kNowhere) threads_on[core_].fetch_sub(1, std::memory_order_relaxed);
    core_ = kNowhere;
  }
  bool is_shared() const {
    return core_ != kNowhere && threads_on[core_].load(std::memory_order_relaxed) > 1;
  }

 private:
  static constexpr size_t kNowhere = SIZE_MAX;
  size_t core_ = kNowhere;
};

thread_local Place place;

}  // namespace

void YieldNowAndThen() {
  thread_local int64_t last_ns = 0;
  const int64_t now_ns = MonotonicNs();
  if (now_ns - last_ns < kYieldPauseNs) return;
  last_ns = now_ns;
  if (const int core = sched_getcpu(); core >= 0) place.See(static_cast<size_t>(core));
  if (place.is_shared()) {
    constexpr timespec kShortest = {.tv_sec = 0, .tv_nsec = 1};
    nanosleep(&kShortest, nullptr);
  } else {
    sched_yield();
  }
}

void LeaveCore() { place.Leave(); }

}  // namespace kernelserve::server

#include "server/scheduler/yield.h"

#include <sched.h>
#include <time.h>

#include "server/limits.h"

namespace kernelserve::server {

void YieldNowAndThen() {
  thread_local int64_t last_ns = 0;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t now_ns = now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
  if (now_ns - last_ns < kYieldPauseNs) return;
  last_ns = now_ns;
  sched_yield();
}

}  // namespace kernelserve::server

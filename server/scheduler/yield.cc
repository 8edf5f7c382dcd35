#include "server/scheduler/yield.h"

#include <sched.h>

#include "server/limits.h"
#include "server/scheduler/clocks.h"

namespace kernelserve::server {

void YieldNowAndThen() {
  thread_local int64_t last_ns = 0;
  const int64_t now_ns = MonotonicNs();
  if (now_ns - last_ns < kYieldPauseNs) return;
  last_ns = now_ns;
  sched_yield();
}

}  // namespace kernelserve::server

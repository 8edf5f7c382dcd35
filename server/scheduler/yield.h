#ifndef KERNELSERVE_SERVER_SCHEDULER_YIELD_H_
#define KERNELSERVE_SERVER_SCHEDULER_YIELD_H_

namespace kernelserve::server {

// Lets other threads have this one's core for a moment, where it has not for kYieldPauseNs. A
// worker that only computes would keep it till the kernel's next tick, four milliseconds later,
// whatever its niceness; and behind it wait the threads that answer cheap calls.
void YieldNowAndThen();

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_YIELD_H_

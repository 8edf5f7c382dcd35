#ifndef KERNELSERVE_SERVER_SCHEDULER_YIELD_H_
#define KERNELSERVE_SERVER_SCHEDULER_YIELD_H_

namespace kernelserve::server {

// Lets other threads have this one's core for a moment, where it has not for kYieldPauseNs. A
// worker that only computes would keep it till the kernel's next tick, four milliseconds later,
// whatever its niceness; and behind it wait the threads that answer cheap calls.
//
// Where another such thread was last seen on the same core, it sleeps for some tens of microseconds
// instead: Linux looks for an idle core when it wakes a thread, and else no more often than at a
// tick. Two workers that were woken on one core would share it for milliseconds beside an idle one.
void YieldNowAndThen();

// The thread is about to wait: whoever is on its core has that to itself.
void LeaveCore();

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_YIELD_H_

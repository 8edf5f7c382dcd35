#ifndef KERNELSERVE_SERVER_SCHEDULER_CLOCKS_H_
#define KERNELSERVE_SERVER_SCHEDULER_CLOCKS_H_

#include <time.h>

#include <cstdint>

namespace kernelserve::server {

// A clock's time, in nanoseconds since whenever that one begins.
inline int64_t ReadNs(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

inline int64_t MonotonicNs() { return ReadNs(CLOCK_MONOTONIC); }

// What the calling thread has computed for, in user and system mode.
inline uint64_t ThreadCpuNs() { return static_cast<uint64_t>(ReadNs(CLOCK_THREAD_CPUTIME_ID)); }

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_CLOCKS_H_

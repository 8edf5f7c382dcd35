#ifndef KERNELSERVE_SERVER_SCHEDULER_POLLER_GATE_H_
#define KERNELSERVE_SERVER_SCHEDULER_POLLER_GATE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace kernelserve::server {

// How many of gRPC's threads poll: one, and as many more as those that do are too busy for, up to
// `most`. A thread enters before it polls first, tells the load after each event, and leaves for
// good when it ends. Thread-safe.
class PollerGate {
 public:
  explicit PollerGate(size_t most) : most_(most) {}

  // Waits until there is a place for the calling thread.
  void Enter();

  // What part of its time a thread inside has worked lately, at most 1. Returns false where it is
  // not needed: then it is outside, and may enter again.
  bool Stay(double busy);

  void Leave();

  // Threads that wait for a place.
  size_t waiting() const;

 private:
  const size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t places_ = 1;   // guarded by mutex_
  size_t polling_ = 0;  // guarded by mutex_
  size_t waiting_ = 0;  // guarded by mutex_
};

// What part of its time a thread works, over kPollerWindowNs and more.
class PollerLoad {
 public:
  // Whether a window ends with `now_ns`; if so, tell it what the thread has worked by now.
  bool IsOver(int64_t now_ns) const;
  // The part of the window that it has worked; the next one begins. 0 in the first.
  double Next(int64_t now_ns, uint64_t cpu_ns);

 private:
  int64_t began_ns_ = 0;
  uint64_t began_cpu_ns_ = 0;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_POLLER_GATE_H_

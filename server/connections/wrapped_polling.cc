// How gRPC's threads look for events. It starts one for every two cores, two at least; and
// whichever has an event to deal with first wakes another one up to look for the next. On a small
// machine, or where few calls come at a time, that is most of what a call costs: one by one 70 us
// of a core's time instead of 27, and 14 instead of 10 where there are 16 at a time. So here as
// many of them do anything as are kept busy (PollerGate), and they look less often while that is
// asked for (PacePolling).
//
// gRPC has no setting for either, so the linker puts these before its own function and the system's
// (CMakeLists.txt: --wrap). Where gRPC is of another release, or a shared library, nothing is
// wrapped.

#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "grpc/grpc.h"
#include "grpc/support/time.h"
#include "server/cgroup.h"
#include "server/connections/polling.h"
#include "server/limits.h"
#include "server/scheduler/clocks.h"
#include "server/scheduler/poller_gate.h"

namespace kernelserve::server {
namespace {

PollerGate& gate() {
  // Never destroyed: gRPC's threads may outlive static objects.
  static auto* const gate = new PollerGate(std::max<size_t>(1, UsableCpus() / 2));
  return *gate;
}

// Threads of ours, and of gRPC's synchronous services, look for events of their own.
bool IsGrpcPoller() {
  std::array<char, 16> name = {};
  return pthread_getname_np(pthread_self(), name.data(), name.size()) == 0 &&
         std::string_view(name.data()) == "nexting_thread";
}

// One of gRPC's threads.
class Poller {
 public:
  bool is_grpcs() const { return is_grpcs_; }

  void Enter() {
    const int64_t now_ns = MonotonicNs();
    if (is_inside_ && load_.IsOver(now_ns)) {
      is_inside_ = gate().Stay(load_.Next(now_ns, ThreadCpuNs()));
    }
    if (is_inside_) return;
    gate().Enter();
    is_inside_ = true;
    load_.Next(MonotonicNs(), ThreadCpuNs());
  }
  void Leave() {
    gate().Leave();
    is_inside_ = false;
  }

  void Pause() const {
    const int64_t left_ns = looked_ns_ + kPollPauseNs - MonotonicNs();
    if (left_ns <= 0) return;
    const timespec left = {.tv_sec = 0, .tv_nsec = left_ns};
    nanosleep(&left, nullptr);
  }
  void Looked() { looked_ns_ = MonotonicNs(); }

 private:
  const bool is_grpcs_ = IsGrpcPoller();
  bool is_inside_ = false;
  PollerLoad load_;
  int64_t looked_ns_ = 0;
};

thread_local Poller poller;

}  // namespace
}  // namespace kernelserve::server

using kernelserve::server::IsPollingPaced;
using kernelserve::server::poller;

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
extern "C" {

grpc_event __real_grpc_completion_queue_next(grpc_completion_queue* queue, gpr_timespec deadline,
                                             void* reserved);
grpc_event __wrap_grpc_completion_queue_next(grpc_completion_queue* queue, gpr_timespec deadline,
                                             void* reserved) {
  if (!poller.is_grpcs()) return __real_grpc_completion_queue_next(queue, deadline, reserved);
  poller.Enter();
  // gRPC would have it look for a second, and then rest for a tenth of one, when others look. There
  // may be no others, so this ends with an event.
  const gpr_timespec never = gpr_inf_future(deadline.clock_type);
  const grpc_event event = __real_grpc_completion_queue_next(queue, never, reserved);
  if (event.type == GRPC_QUEUE_SHUTDOWN) poller.Leave();
  return event;
}

int __real_epoll_wait(int descriptor, epoll_event* events, int events_max, int timeout_ms);
int __wrap_epoll_wait(int descriptor, epoll_event* events, int events_max, int timeout_ms) {
  if (timeout_ms == 0 || !IsPollingPaced() || !poller.is_grpcs()) {
    return __real_epoll_wait(descriptor, events, events_max, timeout_ms);
  }
  poller.Pause();
  const int count = __real_epoll_wait(descriptor, events, events_max, timeout_ms);
  poller.Looked();
  return count;
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)

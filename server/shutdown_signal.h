#ifndef KERNELSERVE_SERVER_SHUTDOWN_SIGNAL_H_
#define KERNELSERVE_SERVER_SHUTDOWN_SIGNAL_H_

#include <string>

namespace kernelserve::server {

// SIGTERM and SIGINT as something to wait for. One in a process, made before any thread: they
// inherit that these signals are blocked.
class ShutdownSignal {
 public:
  ShutdownSignal();
  ~ShutdownSignal();
  ShutdownSignal(const ShutdownSignal&) = delete;
  ShutdownSignal& operator=(const ShutdownSignal&) = delete;

  // Blocks until a signal comes or the process of `parent_pidfd` has ended (-1: there is none).
  // Returns which, for the log. From then on a signal ends the process at once, with exit code
  // 128 + its number; so it does too for process 1 of a container, which the kernel spares from
  // signals' default action.
  std::string Wait(int parent_pidfd);

 private:
  int signal_fd_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHUTDOWN_SIGNAL_H_

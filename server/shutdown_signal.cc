#include "server/shutdown_signal.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/log.h"

namespace kernelserve::server {
namespace {

constexpr std::array kSignals = {SIGTERM, SIGINT};

sigset_t SignalSet() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kSignals) sigaddset(&set, signal);
  return set;
}

void ExitAtOnce(int signal) {
  WriteLogInSignalHandler();
  _exit(128 + signal);
}

}  // namespace

ShutdownSignal::ShutdownSignal() {
  const sigset_t set = SignalSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal_fd_ = signalfd(-1, &set, SFD_CLOEXEC);
}

ShutdownSignal::~ShutdownSignal() {
  close(signal_fd_);
  const sigset_t set = SignalSet();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::string ShutdownSignal::Wait(int parent_pidfd) {
  // poll ignores a negative descriptor.
  std::array<pollfd, 2> events = {pollfd{signal_fd_, POLLIN, 0}, pollfd{parent_pidfd, POLLIN, 0}};
  while (poll(events.data(), events.size(), -1) < 0 && errno == EINTR) {
  }
  std::string reason = "the parent process has ended";
  if (events[0].revents != 0) {
    signalfd_siginfo info{};
    if (read(signal_fd_, &info, sizeof info) < 0) info.ssi_signo = 0;
    reason = absl::StrCat("signal ", info.ssi_signo);
  }

  for (const int signal : kSignals) {
    struct sigaction action {};
    action.sa_handler = ExitAtOnce;
    sigaction(signal, &action, nullptr);
  }
  const sigset_t set = SignalSet();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return reason;
}

}  // namespace kernelserve::server

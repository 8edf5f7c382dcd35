#include "server/shutdown_signal.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

// Runs `body` in a process of its own, since signals are the whole process's. Returns its exit
// code.
int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ShutdownSignalTest, TellsWhichSignalCame) {
  EXPECT_EQ(InChild([] {
              ShutdownSignal shutdown;
              raise(SIGTERM);
              return shutdown.Wait(-1) == "signal 15" ? 7 : 8;
            }),
            7);
  EXPECT_EQ(InChild([] {
              ShutdownSignal shutdown;
              raise(SIGINT);
              return shutdown.Wait(-1) == "signal 2" ? 7 : 8;
            }),
            7);
}

TEST(ShutdownSignalTest, EndsTheProcessUponTheSecondSignal) {
  EXPECT_EQ(InChild([] {
              ShutdownSignal shutdown;
              raise(SIGTERM);
              shutdown.Wait(-1);
              raise(SIGTERM);
              return 8;
            }),
            128 + SIGTERM);
}

TEST(ShutdownSignalTest, TellsThatTheParentHasEnded) {
  std::array<int, 2> release;
  ASSERT_EQ(pipe(release.data()), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    char byte;
    close(release[1]);
    _exit(static_cast<int>(read(release[0], &byte, 1)));  // until the test lets go
  }
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, parent, 0));
  ASSERT_GE(pidfd, 0);
  close(release[0]);
  close(release[1]);
  EXPECT_EQ(InChild([pidfd] {
              ShutdownSignal shutdown;
              return shutdown.Wait(pidfd) == "the parent process has ended" ? 7 : 8;
            }),
            7);
  waitpid(parent, nullptr, 0);
  close(pidfd);
}

}  // namespace
}  // namespace kernelserve::server

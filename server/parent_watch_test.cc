#include "server/parent_watch.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

TEST(CheckPidfdTest, TellsAProcessFromAnythingElse) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0));
  ASSERT_GE(process, 0);
  EXPECT_TRUE(CheckPidfd(process).ok());
  close(process);
  EXPECT_THAT(std::string(CheckPidfd(process).message()), HasSubstr("is not open"));
  const int file = open("/dev/null", O_RDONLY);
  EXPECT_THAT(std::string(CheckPidfd(file).message()), HasSubstr("is not a process's"));
  close(file);
}

}  // namespace
}  // namespace kernelserve::server

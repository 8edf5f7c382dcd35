#include "server/ready.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

TEST(ReadyLineTest, IsOneJsonObject) {
  EXPECT_EQ(ReadyLine("0.1.0", 42, {"unix:/a \"b\"", "127.0.0.1:1"}, ""),
            R"({"version":"0.1.0","pid":42,"addresses":["unix:/a \"b\"","127.0.0.1:1"]})");
  EXPECT_EQ(ReadyLine("0.1.0", 42, {"a"}, "127.0.0.1:9464"),
            R"({"version":"0.1.0","pid":42,"addresses":["a"],"metrics":"127.0.0.1:9464"})");
}

TEST(TellReadyTest, WritesOneLineAndCloses) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  TellReady(ends[1], "{}");
  std::array<char, 16> text;
  EXPECT_EQ(read(ends[0], text.data(), text.size()), 3);
  EXPECT_EQ(std::string(text.data(), 3), "{}\n");
  EXPECT_EQ(read(ends[0], text.data(), text.size()), 0);  // closed
  EXPECT_EQ(fcntl(ends[1], F_GETFD), -1);
  close(ends[0]);
}

}  // namespace
}  // namespace kernelserve::server

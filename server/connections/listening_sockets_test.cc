#include "server/connections/listening_sockets.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

const ListenAddress kAnyPort = {.path = "", .host = "127.0.0.1", .port = 0};

TEST(ListenTest, TellsThePortAndWhyItCannotBeHadTwice) {
  ListenAddress taken;
  {
    const auto first = Listen(kAnyPort);
    ASSERT_TRUE(first.ok()) << first.status();
    taken = first->address;
    EXPECT_NE(taken.port, 0);
    EXPECT_THAT(std::string(Listen(taken).status().message()),
                HasSubstr(taken.ToString() + "\": Address already in use"));
  }
  EXPECT_TRUE(Listen(taken).ok());
}

TEST(ListenTest, ListensAtAllAddressesOfANameAtOnePort) {
  const auto listening = Listen({.path = "", .host = "localhost", .port = 0});
  ASSERT_TRUE(listening.ok()) << listening.status();
  EXPECT_GE(listening->sockets.size(), 1u);
  EXPECT_EQ(listening->address.host, "localhost");
  EXPECT_NE(listening->address.port, 0);
}

TEST(ListenTest, NamesTheHostThatIsNoneOfThisMachine) {
  EXPECT_THAT(std::string(Listen({.path = "", .host = "192.0.2.1", .port = 0}).status().message()),
              HasSubstr("\"192.0.2.1:0\": "));
}

TEST(ListenTest, MakesAUnixSocketForItsOwner) {
  std::string directory = ::testing::TempDir() + "ksXXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/socket";
  const auto listening = Listen({.path = path, .host = "", .port = 0});
  ASSERT_TRUE(listening.ok()) << listening.status();
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace kernelserve::server

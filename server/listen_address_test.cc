#include "server/listen_address.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

TEST(ParseListenAddressTest, TakesEachForm) {
  for (const char* text : {"unix:/run/a/b.socket", "127.0.0.1:50051", "localhost:0", "[::1]:65535",
                           "0.0.0.0:1", "[fe80::1%eth0]:2"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
    EXPECT_EQ(address->is_unix(), text[0] == 'u');
  }
  EXPECT_EQ(ParseListenAddress("[::1]:7")->host, "::1");
  EXPECT_EQ(ParseListenAddress("[::1]:7")->port, 7);
  EXPECT_EQ(ParseListenAddress("unix:///run/x")->path, "/run/x");
}

TEST(ParseListenAddressTest, NamesWhatIsWrong) {
  const auto error = [](absl::string_view text) {
    return std::string(ParseListenAddress(text).status().message());
  };
  EXPECT_THAT(error(""), HasSubstr("must be unix:/path, host:port or [v6]:port"));
  EXPECT_THAT(error("localhost"), HasSubstr("\"localhost\" must be unix:/path"));
  EXPECT_THAT(error(":50051"), HasSubstr("must be unix:/path"));
  EXPECT_THAT(error("::1:50051"), HasSubstr("must be unix:/path"));
  EXPECT_THAT(error("[::1:50051"), HasSubstr("must be unix:/path"));
  EXPECT_THAT(error("[localhost]:50051"), HasSubstr("must be unix:/path"));
  EXPECT_THAT(error("localhost:65536"),
              HasSubstr("the port \"65536\", which is none of 0 to 65535"));
  EXPECT_THAT(error("localhost:-1"), HasSubstr("the port \"-1\""));
  EXPECT_THAT(error("localhost:http"), HasSubstr("the port \"http\""));
  EXPECT_THAT(error("unix:run/x"), HasSubstr("must have an absolute path"));
}

TEST(ParseListenAddressTest, BoundsTheLengthOfAUnixPath) {
  const std::string longest = "/" + std::string(kUnixPathBytes - 1, 'x');
  EXPECT_EQ(ParseListenAddress("unix:" + longest)->path, longest);
  EXPECT_THAT(std::string(ParseListenAddress("unix:" + longest + "y").status().message()),
              HasSubstr("has a path of 104 bytes; a unix socket's may have at most 103"));
}

TEST(ParseListenAddressesTest, SplitsAtCommas) {
  const auto addresses = ParseListenAddresses("unix:/a,localhost:1");
  ASSERT_TRUE(addresses.ok());
  ASSERT_EQ(addresses->size(), 2u);
  EXPECT_EQ((*addresses)[1].ToString(), "localhost:1");
  EXPECT_FALSE(ParseListenAddresses("localhost:1,").ok());
}

TEST(IsLocalTest, TellsLoopbackFromTheRest) {
  for (const char* text : {"unix:/a", "localhost:1", "127.0.0.1:1", "127.8.9.1:1", "[::1]:1"}) {
    EXPECT_TRUE(IsLocal(*ParseListenAddress(text))) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1"}) {
    EXPECT_FALSE(IsLocal(*ParseListenAddress(text))) << text;
  }
}

TEST(ForLocalClientTest, ReplacesWildcards) {
  EXPECT_EQ(ForLocalClient(*ParseListenAddress("0.0.0.0:1")).ToString(), "127.0.0.1:1");
  EXPECT_EQ(ForLocalClient(*ParseListenAddress("[::]:1")).ToString(), "[::1]:1");
  EXPECT_EQ(ForLocalClient(*ParseListenAddress("unix:/a")).ToString(), "unix:/a");
}

class UnixPathTest : public ::testing::Test {
 protected:
  UnixPathTest() {
    std::string name = (std::filesystem::temp_directory_path() / "unix_path_XXXXXX").string();
    directory_ = mkdtemp(name.data());
    path_ = directory_ + "/socket";
  }
  ~UnixPathTest() override {
    if (socket_ >= 0) close(socket_);
    std::filesystem::remove_all(directory_);
  }

  void Bind() {
    socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path_.c_str());
    ASSERT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  std::string directory_;
  std::string path_;
  int socket_ = -1;
};

TEST_F(UnixPathTest, MakesTheDirectoryForTheOwnerOnly) {
  const std::string path = directory_ + "/new/socket";
  ASSERT_TRUE(PrepareUnixPath(path).ok());
  struct stat status;
  ASSERT_EQ(stat((directory_ + "/new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(UnixPathTest, MakesNoMoreThanOneDirectory) {
  EXPECT_THAT(std::string(PrepareUnixPath(directory_ + "/a/b/socket").message()),
              HasSubstr("needs the directory " + directory_ + "/a/b: No such file"));
}

TEST_F(UnixPathTest, RemovesASocketThatNobodyListensOn) {
  Bind();
  close(std::exchange(socket_, -1));
  ASSERT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(PrepareUnixPath(path_).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UnixPathTest, RefusesAPathWhereAServerListens) {
  Bind();
  ASSERT_EQ(listen(socket_, 1), 0);
  EXPECT_THAT(std::string(PrepareUnixPath(path_).message()),
              HasSubstr("has a server listening already"));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(UnixPathTest, RefusesToReplaceAFile) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(std::string(PrepareUnixPath(path_).message()), HasSubstr("no socket"));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace kernelserve::server

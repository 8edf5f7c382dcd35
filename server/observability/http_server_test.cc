#include "server/observability/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = HttpServer::Start({.path = "", .host = "127.0.0.1", .port = 0},
                                    {{"/metrics", [] {
                                        return HttpServer::Response{200, "text/plain", "up 1\n"};
                                      }}});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // All that the server answers to `request`, until it closes.
  std::string Ask(absl::string_view request) const {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(server_->address().port);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    EXPECT_EQ(send(client, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char some[4096];
    for (ssize_t bytes; (bytes = recv(client, some, sizeof(some), 0)) > 0;) {
      answer.append(some, static_cast<size_t>(bytes));
    }
    close(client);
    return answer;
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersGetAndHead) {
  EXPECT_NE(server_->address().port, 0);
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: text/plain\r\n"),
                    EndsWith("\r\n\r\nup 1\n")));
  EXPECT_THAT(Ask("GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n"), EndsWith("\r\n\r\nup 1\n"));
  EXPECT_THAT(Ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(HasSubstr("Content-Length: 5\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpServerTest, RefusesTheRest) {
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask("nonsense\r\n\r\n"), HasSubstr(" 400 Bad Request\r\n"));
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nx: " + std::string(20'000, 'x') + "\r\n\r\n"),
              HasSubstr(" 400 Bad Request\r\n"));
}

TEST_F(HttpServerTest, SaysWhereItCannotListen) {
  const auto second = HttpServer::Start(server_->address(), {});
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
}

}  // namespace
}  // namespace kernelserve::server

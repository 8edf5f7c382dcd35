#include "server/connections/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <latch>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/log.h"

namespace kernelserve::server {
namespace {

// In the place of gRPC: holds what it is given.
class Holder : public Acceptor::Grpc {
 public:
  void HandleNewConnection(NewConnectionParameters* connection) override {
    held_.emplace_back(connection->fd);
  }

 private:
  std::vector<Descriptor> held_;  // of the acceptor's thread
};

// While it lives, this process may have descriptors below a number only.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    getrlimit(RLIMIT_NOFILE, &before_);
    now_ = {.rlim_cur = std::min(limit, before_.rlim_max), .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &now_);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

  rlim_t limit() const { return now_.rlim_cur; }

 private:
  rlimit before_, now_;
};

Descriptor Socket() { return Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

bool Connect(const Descriptor& socket, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience = {.tv_sec = 60, .tv_usec = 0};  // the backlog may be full for ever
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

// How many are still open when the other end closes no further one, or no more than `enough`.
size_t WaitUntilClosed(const std::vector<Descriptor>& connections, size_t enough) {
  std::vector<pollfd> open;
  for (const Descriptor& each : connections) {
    open.push_back({.fd = each.get(), .events = POLLIN, .revents = 0});
  }
  while (open.size() > enough && poll(open.data(), open.size(), 60'000) > 0) {
    std::erase_if(open, [](const pollfd& each) { return each.revents != 0; });
  }
  return open.size();
}

// Ends this process: with 0 where no more connections stay open than it has descriptors for.
void UseUpDescriptors() {
  auto listening = Listen({.path = "", .host = "127.0.0.1", .port = 0});
  if (!listening.ok()) std::exit(2);
  const int port = listening->address.port;
  Holder holder;
  std::vector<Acceptor::Listener> listeners;
  listeners.push_back({.listening = *std::move(listening), .grpc = &holder});
  Acceptor acceptor(std::move(listeners),
                    {.connections_max = 100'000, .connections_per_peer_max = 100'000});
  // So many that it happens: the other threads are in time for one in some thousands.
  const DescriptorLimit many(20'000);
  std::vector<Descriptor> connections(many.limit() / 2);
  for (Descriptor& each : connections) each = Socket();
  const Descriptor last = Socket();
  if (!last.is_open()) std::exit(3);
  constexpr size_t kLeft = 8;
  constexpr ptrdiff_t kOthers = 2;
  std::latch started(kOthers), begin(1), ended(kOthers), end(1);
  std::atomic<bool> stop = false;
  std::vector<std::thread> others;
  for (ptrdiff_t i = 0; i < kOthers; ++i) {
    others.emplace_back([&] {
      started.count_down();
      begin.wait();
      while (!stop) const Descriptor taken(fcntl(last.get(), F_DUPFD_CLOEXEC, 0));
      ended.count_down();
      end.wait();
    });
  }
  // UndefinedBehaviorSanitizer opens a pipe to look at a class that it has not seen yet: those of
  // the log and of the thread's beginning and end it sees while there are descriptors.
  started.wait();
  Log(LogLevel::kWarning, "a test is going to use up the descriptors");
  bool connected;
  size_t left_open;
  {
    const DescriptorLimit few(static_cast<rlim_t>(last.get()) + 1 + kLeft);
    begin.count_down();
    connected = std::all_of(connections.begin(), connections.end(),
                            [&](const Descriptor& each) { return Connect(each, port); });
    stop = true;
    ended.wait();
    left_open = WaitUntilClosed(connections, kLeft);
  }
  end.count_down();
  for (std::thread& other : others) other.join();
  acceptor.StopListening();
  // Not before: to tell of a failure takes descriptors.
  Log(LogLevel::kWarning, "descriptors had been used up",
      {{"all_connected", connected ? "yes" : "no"}, {"left_open", absl::StrCat(left_open)}});
  std::exit(connected && left_open <= kLeft ? 0 : 1);
}

// In a process of its own: where threads of other tests let go of descriptors meanwhile, more
// connections may stay open.
TEST(AcceptorDeathTest, RefusesThoughAnotherThreadTakesTheDescriptorThatItGivesUpToDoSo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(UseUpDescriptors(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace kernelserve::server

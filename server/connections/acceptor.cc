#include "server/connections/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/limits.h"
#include "server/log.h"

namespace kernelserve::server {
namespace {

Descriptor OpenSpare() { return Descriptor(open("/", O_PATH | O_CLOEXEC)); }

// The host of a connection's other end; clients of unix sockets are one.
std::string PeerOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    return {reinterpret_cast<const char*>(&ipv4.sin_addr), sizeof ipv4.sin_addr};
  }
  if (address.ss_family == AF_INET6) {
    // A host has a network of 2^64 addresses.
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
    return {reinterpret_cast<const char*>(&ipv6.sin6_addr), sizeof ipv6.sin6_addr / 2};
  }
  return "unix";
}

}  // namespace

Acceptor::Acceptor(std::vector<Listener> listeners, const Limits& limits)
    : limits_(limits),
      listeners_(std::move(listeners)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      spare_(OpenSpare()),
      table_(limits.connections_max, limits.connections_per_peer_max),
      thread_([this] { Serve(); }) {}

Acceptor::~Acceptor() { StopListening(); }

void Acceptor::StopListening() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
  thread_.join();
  for (const Listener& listener : listeners_) {
    const ListenAddress& address = listener.listening.address;
    if (address.is_unix()) unlink(address.path.c_str());
  }
  listeners_.clear();
}

Acceptor::Figures Acceptor::figures() {
  Figures figures{};
  for (size_t i = 0; i < refused_.size(); ++i) figures.refused[i] = refused_[i];
  const std::lock_guard lock(mutex_);
  figures.connections = table_.Count();
  return figures;
}

void Acceptor::Serve() {
  pthread_setname_np(pthread_self(), "acceptor");
  std::vector<pollfd> waits = {{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  std::vector<std::pair<const Listener*, const Descriptor*>> sockets = {{nullptr, nullptr}};
  for (const Listener& listener : listeners_) {
    for (const Descriptor& socket : listener.listening.sockets) {
      waits.push_back({.fd = socket.get(), .events = POLLIN, .revents = 0});
      sockets.emplace_back(&listener, &socket);
    }
  }
  for (;;) {
    if (poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[0].revents != 0) return;
    for (size_t i = 1; i < waits.size(); ++i) {
      if (waits[i].revents != 0) AcceptAll(*sockets[i].first, *sockets[i].second);
    }
    // Another thread has all there are: it has to let go of one first.
    if (!spare_.is_open()) poll(waits.data(), 1, kDescriptorPauseMs);
  }
}

void Acceptor::AcceptAll(const Listener& listener, const Descriptor& socket) {
  // Not for ever: others listen, too.
  for (int i = 0; i < kListenBacklog; ++i) {
    sockaddr_storage address{};
    socklen_t bytes = sizeof address;
    const auto accept = [&] {
      return accept4(socket.get(), reinterpret_cast<sockaddr*>(&address), &bytes,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
    };
    if (!spare_.is_open()) spare_ = OpenSpare();
    Descriptor connection(accept());
    bool refuse = connection.is_open() && !spare_.is_open();
    if (!connection.is_open() && (errno == EMFILE || errno == ENFILE)) {
      refuse = true;
      spare_ = Descriptor();
      connection = Descriptor(accept());
    }
    if (refuse) {
      // Another thread may have been quicker to take what was given up. No connection is taken in
      // until there is a spare again: those after it could not even be refused.
      const bool any = connection.is_open();
      connection = Descriptor();
      spare_ = OpenSpare();
      if (!any) return;
      Refuse(Refusal::kDescriptors);
      continue;
    }
    if (connection.is_open()) {
      TakeIn(listener, socket, std::move(connection), PeerOf(address));
    } else if (errno == EAGAIN) {
      return;
    }  // else that one has gone already: the next
  }
}

void Acceptor::TakeIn(const Listener& listener, const Descriptor& socket, Descriptor connection,
                      const std::string& peer) {
  ConnectionTable::Verdict verdict;
  {
    const std::lock_guard lock(mutex_);
    verdict = table_.Add(connection.get(), peer);
  }
  switch (verdict) {
    case ConnectionTable::Verdict::kTaken: {
      Grpc::NewConnectionParameters parameters;
      parameters.listener_fd = socket.get();
      parameters.fd = connection.Release();
      listener.grpc->HandleNewConnection(&parameters);
      break;
    }
    case ConnectionTable::Verdict::kFull:
      Refuse(Refusal::kConnections);
      break;
    case ConnectionTable::Verdict::kPeerFull:
      Refuse(Refusal::kPeer);
      break;
  }
}

void Acceptor::Refuse(Refusal why) {
  const auto kind = static_cast<size_t>(why);
  refused_[kind].fetch_add(1, std::memory_order_relaxed);
  const auto now = std::chrono::steady_clock::now();
  if (told_[kind] != decltype(now){} &&
      now - told_[kind] < std::chrono::milliseconds(kRefusalLogPauseMs))
    return;
  told_[kind] = now;
  switch (why) {
    case Refusal::kConnections:
      Log(LogLevel::kWarning, "connections are refused: there are as many as there may be",
          {{"flag", "--connections_max"}, {"bound", absl::StrCat(limits_.connections_max)}});
      break;
    case Refusal::kPeer:
      Log(LogLevel::kWarning, "connections are refused: a host has as many as it may have",
          {{"flag", "--connections_per_peer_max"},
           {"bound", absl::StrCat(limits_.connections_per_peer_max)}});
      break;
    case Refusal::kDescriptors:
      Log(LogLevel::kWarning, "connections are refused: the process has no descriptor left",
          {{"limit", "RLIMIT_NOFILE"}});
      break;
  }
}

}  // namespace kernelserve::server

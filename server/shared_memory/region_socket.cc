#include "server/shared_memory/region_socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/limits.h"
#include "server/listen_address.h"
#include "server/shared_memory/memfd_region.h"
#include "server/shared_memory/process_region.h"

namespace kernelserve::server {
namespace {

constexpr absl::string_view kOfferMemory = "region";

// Then an address, and the bytes that are there.
constexpr absl::string_view kOfferProcess = "process";
constexpr size_t kProofBytes = 16;
constexpr size_t kOfferProcessBytes = kOfferProcess.size() + sizeof(uint64_t) + kProofBytes;

// What the kernel takes over a socket at once (SCM_MAX_FD). What comes has to be looked at, to be
// closed.
constexpr size_t kPacketDescriptorsMax = 253;

// Clients that wait to be accepted.
constexpr int kBacklog = 64;

// Without descriptors left, nobody is accepted for so long.
constexpr int kAcceptPauseMs = 100;

bool IsOurUser(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

struct Packet {
  absl::string_view text() const { return {bytes.data(), static_cast<size_t>(size)}; }

  ssize_t size = 0;  // as recvmsg returns it
  std::array<char, kOfferProcessBytes + 1> bytes = {};
  std::vector<Descriptor> descriptors = {};
  pid_t sender = 0;  // as the kernel has it; 0 where it does not tell, or of another user
};

Packet Receive(int socket) {
  Packet packet;
  constexpr size_t kControlBytes =
      CMSG_SPACE(kPacketDescriptorsMax * sizeof(int)) + CMSG_SPACE(sizeof(ucred));
  alignas(cmsghdr) std::array<char, kControlBytes> control;
  iovec data{.iov_base = packet.bytes.data(), .iov_len = packet.bytes.size()};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  packet.size = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (packet.size < 0) return packet;
  for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
    if (one->cmsg_level != SOL_SOCKET) continue;
    if (one->cmsg_type == SCM_CREDENTIALS) {
      ucred sender;
      std::memcpy(&sender, CMSG_DATA(one), sizeof sender);
      if (sender.uid == geteuid()) packet.sender = sender.pid;
    }
    if (one->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int descriptor;
      std::memcpy(&descriptor, CMSG_DATA(one) + i * sizeof(int), sizeof(int));
      packet.descriptors.emplace_back(descriptor);
    }
  }
  return packet;
}

// The region that a packet offers, if it is an offer. Of a process, its sender's own: what a child
// has inherited the connection for does not show it the parent's memory.
absl::StatusOr<std::shared_ptr<Region>> OpenRegion(Packet* packet) {
  const absl::string_view text = packet->text();
  if (text == kOfferMemory && packet->descriptors.size() == 1) {
    return MemfdRegion::Open(std::move(packet->descriptors[0]));
  }
  if (text.size() == kOfferProcessBytes && absl::StartsWith(text, kOfferProcess)) {
    uint64_t address;
    std::memcpy(&address, text.data() + kOfferProcess.size(), sizeof address);
    const char* const proof = text.data() + text.size() - kProofBytes;
    return ProcessRegion::Open(packet->sender, address,
                               {reinterpret_cast<const uint8_t*>(proof), kProofBytes});
  }
  return absl::InvalidArgumentError(
      "a packet is \"region\" with one descriptor, or \"process\" with an address and the 16 bytes "
      "that are there");
}

bool TellsSenders(int socket) {
  const int on = 1;
  return setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
}

absl::Status CannotListen(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat("\"unix:", path, "\": ", std::generic_category().message(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RegionSocket>> RegionSocket::Listen(const std::string& path,
                                                                   RegionTable* table) {
  if (absl::Status status = PrepareUnixPath(path); !status.ok()) return status;
  Descriptor listening(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  Descriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const sockaddr_un address = UnixAddress(path);
  // The mode of a socket's file is that of the socket when it is bound. And what it tells of
  // senders, so do those that it accepts.
  if (!wake.is_open() || !TellsSenders(listening.get()) || fchmod(listening.get(), 0600) != 0 ||
      bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listening.get(), kBacklog) != 0) {
    return CannotListen(path);
  }
  return std::unique_ptr<RegionSocket>(
      new RegionSocket(path, std::move(listening), std::move(wake), table));
}

RegionSocket::RegionSocket(std::string path, Descriptor listening, Descriptor wake,
                           RegionTable* table)
    : path_(std::move(path)),
      table_(table),
      listening_(std::move(listening)),
      wake_(std::move(wake)),
      thread_([this] { Serve(); }) {}

RegionSocket::~RegionSocket() {
  StopListening();
  ends_ = true;
  Wake();
  thread_.join();
  for (Connection& connection : connections_) Close(&connection);
}

void RegionSocket::StopListening() {
  if (!listens_.exchange(false)) return;
  unlink(path_.c_str());
  Wake();
}

void RegionSocket::Wake() {
  const uint64_t one = 1;
  while (write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void RegionSocket::Serve() {
  std::vector<pollfd> events;
  bool pauses = false;
  while (!ends_) {
    if (!listens_) listening_ = Descriptor();
    // poll ignores a negative descriptor, as of a socket that is closed.
    events = {{wake_.get(), POLLIN, 0}, {pauses ? -1 : listening_.get(), POLLIN, 0}};
    for (const Connection& connection : connections_) {
      events.push_back({connection.socket.get(), POLLIN, 0});
    }
    const int ready = poll(events.data(), events.size(), pauses ? kAcceptPauseMs : -1);
    pauses = false;
    if (ready <= 0) continue;
    if (events[0].revents != 0) {
      uint64_t count;
      while (read(wake_.get(), &count, sizeof count) < 0 && errno == EINTR) {
      }
    }
    // Backwards, since the last one takes the place of one that ends.
    for (size_t i = connections_.size(); i-- > 0;) {
      if (events[i + 2].revents == 0 || Answer(&connections_[i])) continue;
      Close(&connections_[i]);
      std::swap(connections_[i], connections_.back());
      connections_.pop_back();
    }
    if (events[1].revents != 0) pauses = !Accept();
  }
}

bool RegionSocket::Accept() {
  Descriptor socket(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.is_open()) return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
  if (IsOurUser(socket.get()) && connections_.size() < kRegionConnectionsMax) {
    connections_.push_back({std::move(socket)});
  }
  return true;
}

bool RegionSocket::Answer(Connection* connection) {
  Packet packet = Receive(connection->socket.get());
  if (packet.size < 0) return errno == EAGAIN || errno == EINTR;
  if (packet.size == 0) return false;  // the other side has closed it
  const auto refuse = [connection](absl::string_view why) {
    const std::string text = absl::StrCat("refused: ", why);
    return send(connection->socket.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >=
           0;
  };
  if (connection->tokens.size() >= kRegionsPerConnectionMax) {
    return refuse(absl::StrCat("a client may have at most ", kRegionsPerConnectionMax, " regions"));
  }
  absl::StatusOr<std::shared_ptr<Region>> region = OpenRegion(&packet);
  if (!region.ok()) return refuse(region.status().message());
  const absl::StatusOr<std::string> token = table_->Add(*std::move(region));
  if (!token.ok()) return refuse(token.status().message());
  connection->tokens.push_back(*token);
  return send(connection->socket.get(), token->data(), token->size(),
              MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void RegionSocket::Close(Connection* connection) {
  for (const std::string& token : connection->tokens) table_->Remove(token);
}

}  // namespace kernelserve::server

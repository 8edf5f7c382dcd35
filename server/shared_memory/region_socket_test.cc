#include "server/shared_memory/region_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/limits.h"
#include "server/listen_address.h"
#include "server/shared_memory/memfd.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

// The other side of a connection.
class Client {
 public:
  explicit Client(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = UnixAddress(path);
    connected_ =
        connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }

  // Sends a packet and returns the answer; "" where the connection is closed instead.
  std::string Send(std::string bytes, const std::vector<int>& descriptors) {
    std::vector<char> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
    iovec data{.iov_base = bytes.data(), .iov_len = bytes.size()};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    if (!descriptors.empty()) {
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      cmsghdr* one = CMSG_FIRSTHDR(&header);
      one->cmsg_level = SOL_SOCKET;
      one->cmsg_type = SCM_RIGHTS;
      one->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(one), descriptors.data(), descriptors.size() * sizeof(int));
    }
    sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
    return Receive();
  }
  std::string Offer(const Descriptor& memory) { return Send("region", {memory.get()}); }
  // This process's memory, by 16 bytes of it.
  std::string OfferProcess(const char* address, absl::string_view proof) {
    std::string packet = "process" + std::string(sizeof address, '\0') + std::string(proof);
    std::memcpy(packet.data() + 7, &address, sizeof address);
    return Send(packet, {});
  }

  // What the server says next; "" once it has closed the connection.
  std::string Receive() {
    std::string answer(4096, '\0');
    const ssize_t size = recv(socket_.get(), answer.data(), answer.size(), 0);
    answer.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return answer;
  }

 private:
  Descriptor socket_;
  bool connected_ = false;
};

class RegionSocketTest : public ::testing::Test {
 protected:
  RegionSocketTest() {
    std::string name = ::testing::TempDir() + "regionsXXXXXX";
    directory_ = mkdtemp(name.data());
    path_ = directory_ + "/s.memory";
    auto socket = RegionSocket::Listen(path_, &table_);
    EXPECT_TRUE(socket.ok()) << socket.status();
    socket_ = *std::move(socket);
  }
  ~RegionSocketTest() override {
    socket_.reset();
    EXPECT_TRUE(table_.empty());
    EXPECT_EQ(memory_.reserved(), 0u);
    EXPECT_FALSE(std::filesystem::exists(path_));
    std::filesystem::remove_all(directory_);
  }

  // Waits until the server has noticed that a client is gone: it answers in order.
  void WaitUntilEmpty() {
    Client other(path_);
    while (!table_.empty()) other.Send("anything", {});
  }

  MemoryBudget memory_{1 << 30};
  RegionTable table_{&memory_};
  std::string directory_;
  std::string path_;
  std::unique_ptr<RegionSocket> socket_;
};

TEST_F(RegionSocketTest, HandsOutTokens) {
  Client client(path_);
  const Descriptor memory = MakeMemfd("abc");
  const std::string first = client.Offer(memory);
  const std::string second = client.Offer(memory);
  EXPECT_NE(first, second);
  ASSERT_NE(table_.Find(first), nullptr);
  ASSERT_NE(table_.Find(second), nullptr);
  EXPECT_EQ(table_.Find(first)->size(), 3u);
}

TEST_F(RegionSocketTest, AProcessIsARegion) {
  const std::string text = "what the client has in its memory";
  Client client(path_);
  const std::string token = client.OfferProcess(text.data(), text.substr(0, 16));
  const std::shared_ptr<Region> region = table_.Find(token);
  ASSERT_NE(region, nullptr) << token;
  std::string read(6, '?');
  EXPECT_TRUE(region->Read(reinterpret_cast<uint64_t>(text.data()) + 27, read.size(),
                           reinterpret_cast<uint8_t*>(read.data())));
  EXPECT_EQ(read, "memory");
  EXPECT_EQ(client.OfferProcess(text.data(), "not what is here"),
            "refused: the process does not have these bytes there");
}

TEST_F(RegionSocketTest, AChildWithItsParentsConnectionDoesNotReadTheParentsMemory) {
  std::string secret = "the parent's own";
  Client client(path_);
  const pid_t child = fork();
  if (child == 0) {
    const std::string proof = secret;
    secret.assign(secret.size(), '?');
    const std::string answer = client.OfferProcess(secret.data(), proof);
    _exit(answer == "refused: the process does not have these bytes there" ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(RegionSocketTest, IsForItsOwnerOnly) {
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(RegionSocketTest, AClientThatIsGoneHasNoRegions) {
  std::string token;
  {
    Client client(path_);
    token = client.Offer(MakeMemfd("abc"));
    EXPECT_NE(table_.Find(token), nullptr);
  }
  WaitUntilEmpty();
  EXPECT_EQ(table_.Find(token), nullptr);
}

TEST_F(RegionSocketTest, OneClientsEndIsNotAnothers) {
  Client stays(path_);
  const std::string token = stays.Offer(MakeMemfd("abc"));
  std::string other;
  {
    Client goes(path_);
    other = goes.Offer(MakeMemfd("abc"));
  }
  while (table_.Find(other) != nullptr) stays.Send("anything", {});
  EXPECT_NE(table_.Find(token), nullptr);
}

TEST_F(RegionSocketTest, RefusesWhatIsNoOffer) {
  const std::string refusal =
      "refused: a packet is \"region\" with one descriptor, or \"process\" with an address and the "
      "16 bytes that are there";
  Client client(path_);
  const Descriptor memory = MakeMemfd("abc");
  EXPECT_EQ(client.Send("region", {}), refusal);
  EXPECT_EQ(client.Send("region", {memory.get(), memory.get()}), refusal);
  EXPECT_EQ(client.Send("regions", {memory.get()}), refusal);
  EXPECT_EQ(client.Send(std::string(1000, 'x'), {memory.get()}), refusal);
  EXPECT_EQ(client.Send("process", {memory.get()}), refusal);
  EXPECT_EQ(client.Send("process" + std::string(25, '\0'), {}), refusal);
  EXPECT_EQ(client.Send("region", std::vector<int>(253, memory.get())), refusal);
  EXPECT_TRUE(table_.empty());
  EXPECT_EQ(client.Offer(memory).size(), RegionTable::kTokenBytes);
}

TEST_F(RegionSocketTest, TellsWhyARegionIsRefused) {
  Client client(path_);
  EXPECT_EQ(client.Offer(MakeMemfd("abc", F_SEAL_WRITE)),
            "refused: the memory is not sealed with F_SEAL_SHRINK and F_SEAL_GROW");
}

TEST_F(RegionSocketTest, KeepsNoDescriptorOfARefusal) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const Descriptor read_end(ends[0]);
  {
    const Descriptor write_end(ends[1]);
    Client(path_).Send("region", {write_end.get(), write_end.get()});
  }
  char byte;
  EXPECT_EQ(read(read_end.get(), &byte, 1), 0) << "somebody holds the other end";
}

TEST_F(RegionSocketTest, AClientHasSoManyRegions) {
  Client client(path_);
  const Descriptor memory = MakeMemfd("abc");
  for (size_t i = 0; i < kRegionsPerConnectionMax; ++i) {
    EXPECT_EQ(client.Offer(memory).size(), RegionTable::kTokenBytes);
  }
  EXPECT_EQ(client.Offer(memory), "refused: a client may have at most 16 regions");
}

TEST_F(RegionSocketTest, SoManyClientsAreTaken) {
  std::vector<std::unique_ptr<Client>> clients;
  const Descriptor memory = MakeMemfd("abc");
  for (size_t i = 0; i < kRegionConnectionsMax; ++i) {
    clients.push_back(std::make_unique<Client>(path_));
    ASSERT_EQ(clients.back()->Offer(memory).size(), RegionTable::kTokenBytes);
  }
  Client one_more(path_);
  EXPECT_EQ(one_more.Receive(), "");
  clients.pop_back();
  // The place is free once the server has noticed, and until then one is turned away.
  std::string token;
  while (token.empty()) token = Client(path_).Offer(memory);
  EXPECT_EQ(token.size(), RegionTable::kTokenBytes);
}

TEST_F(RegionSocketTest, ConnectionsStayWhenItNoLongerListens) {
  Client client(path_);
  const std::string before = client.Offer(MakeMemfd("abc"));
  socket_->StopListening();
  EXPECT_FALSE(Client(path_).connected());
  EXPECT_NE(table_.Find(before), nullptr);
  EXPECT_EQ(client.Offer(MakeMemfd("abc")).size(), RegionTable::kTokenBytes);
}

TEST_F(RegionSocketTest, ASuccessorTakesThePath) {
  socket_->StopListening();
  RegionTable table(&memory_);
  auto successor = RegionSocket::Listen(path_, &table);
  ASSERT_TRUE(successor.ok()) << successor.status();
  socket_.reset();
  Client client(path_);
  EXPECT_NE(table.Find(client.Offer(MakeMemfd("abc"))), nullptr);
}

TEST_F(RegionSocketTest, APathThatIsTakenIsAnError) {
  const auto second = RegionSocket::Listen(path_, &table_);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("has a server listening already"));
}

TEST_F(RegionSocketTest, EndsWhileClientsAreConnected) {
  Client client(path_);
  EXPECT_EQ(client.Offer(MakeMemfd("abc")).size(), RegionTable::kTokenBytes);
  socket_.reset();
  EXPECT_EQ(client.Receive(), "");
}

}  // namespace
}  // namespace kernelserve::server

#include "server/connections/connection_table.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "gtest/gtest.h"
#include "server/descriptor.h"

namespace kernelserve::server {
namespace {

using Verdict = ConnectionTable::Verdict;

Descriptor UnixSocket() { return Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

TEST(ConnectionTableTest, IsFullUntilOneCloses) {
  ConnectionTable table(2, 2);
  Descriptor first = UnixSocket();
  const Descriptor second = UnixSocket();
  const Descriptor third = UnixSocket();
  EXPECT_EQ(table.Add(first.get(), "a"), Verdict::kTaken);
  EXPECT_EQ(table.Add(second.get(), "b"), Verdict::kTaken);
  EXPECT_EQ(table.Add(third.get(), "c"), Verdict::kFull);
  EXPECT_EQ(table.Count(), 2u);
  first = Descriptor();
  EXPECT_EQ(table.Add(third.get(), "c"), Verdict::kTaken);
  EXPECT_EQ(table.Count(), 2u);
}

TEST(ConnectionTableTest, HasPlacesThatOnePeerCannotTake) {
  ConnectionTable table(4, 2);
  std::array<Descriptor, 4> sockets;
  for (Descriptor& each : sockets) each = UnixSocket();
  EXPECT_EQ(table.Add(sockets[0].get(), "a"), Verdict::kTaken);
  EXPECT_EQ(table.Add(sockets[1].get(), "a"), Verdict::kTaken);
  EXPECT_EQ(table.Add(sockets[2].get(), "a"), Verdict::kPeerFull);
  EXPECT_EQ(table.Add(sockets[2].get(), "b"), Verdict::kTaken);
  sockets[0] = Descriptor();
  EXPECT_EQ(table.Add(sockets[3].get(), "a"), Verdict::kTaken);
}

TEST(ConnectionTableTest, TellsASocketFromTheNextOneOfItsNumber) {
  ConnectionTable table(1, 1);
  Descriptor first = UnixSocket();
  const int number = first.get();
  EXPECT_EQ(table.Add(number, "a"), Verdict::kTaken);
  first = Descriptor();
  const Descriptor second = UnixSocket();
  ASSERT_EQ(second.get(), number);  // the lowest that is free
  EXPECT_EQ(table.Add(second.get(), "b"), Verdict::kTaken);
  EXPECT_EQ(table.Count(), 1u);
}

}  // namespace
}  // namespace kernelserve::server

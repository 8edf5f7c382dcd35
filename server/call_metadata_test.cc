#include "server/call_metadata.h"

#include <set>

#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

TEST(HostOfPeerTest, DropsThePort) {
  EXPECT_EQ(HostOfPeer("ipv4:10.0.0.7:4711"), "ipv4:10.0.0.7");
  EXPECT_EQ(HostOfPeer("ipv6:[::1]:4711"), "ipv6:[::1]");
  EXPECT_EQ(HostOfPeer("unix:/run/x"), "unix:/run/x");
  EXPECT_EQ(HostOfPeer("unix:"), "unix:");
  EXPECT_EQ(HostOfPeer("inproc"), "inproc");
}

TEST(NewRequestIdTest, NeverRepeats) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(NewRequestId());
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_EQ(ids.begin()->size(), 24u);
}

}  // namespace
}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_CONNECTIONS_CONNECTION_TABLE_H_
#define KERNELSERVE_SERVER_CONNECTIONS_CONNECTION_TABLE_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace kernelserve::server {

// Which connections are open, in all and of each peer, though nobody says when one closes: gRPC
// owns their descriptors and closes them by itself. A descriptor's number and its socket's inode
// tell whether it is still the same, so that the table can look; it does when it would be full.
//
// For one thread.
class ConnectionTable {
 public:
  enum class Verdict { kTaken, kFull, kPeerFull };

  // At least 1 each.
  ConnectionTable(size_t connections_max, size_t connections_per_peer_max)
      : connections_max_(connections_max), connections_per_peer_max_(connections_per_peer_max) {}

  // Takes in the open connection `descriptor`, of `peer`, or says why there is no place for it.
  Verdict Add(int descriptor, const std::string& peer);

  // Forgets those that have been closed, and says how many are left. Looks at each.
  size_t Count();

 private:
  struct Connection {
    int descriptor;
    ino_t inode;
    std::string peer;
  };

  Verdict Place(const std::string& peer) const;

  const size_t connections_max_;
  const size_t connections_per_peer_max_;
  std::vector<Connection> connections_;
  std::unordered_map<std::string, size_t> by_peer_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CONNECTIONS_CONNECTION_TABLE_H_

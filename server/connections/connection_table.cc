#include "server/connections/connection_table.h"

#include <sys/stat.h>

#include <vector>

namespace kernelserve::server {
namespace {

// The inode of the socket behind a descriptor; 0 where it is none, or closed.
ino_t SocketInode(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

}  // namespace

ConnectionTable::Verdict ConnectionTable::Place(const std::string& peer) const {
  if (connections_.size() >= connections_max_) return Verdict::kFull;
  const auto found = by_peer_.find(peer);
  const size_t of_peer = found == by_peer_.end() ? 0 : found->second;
  return of_peer >= connections_per_peer_max_ ? Verdict::kPeerFull : Verdict::kTaken;
}

ConnectionTable::Verdict ConnectionTable::Add(int descriptor, const std::string& peer) {
  Verdict verdict = Place(peer);
  if (verdict != Verdict::kTaken) {
    Count();
    verdict = Place(peer);
    if (verdict != Verdict::kTaken) return verdict;
  }
  connections_.push_back({descriptor, SocketInode(descriptor), peer});
  ++by_peer_[peer];
  return Verdict::kTaken;
}

size_t ConnectionTable::Count() {
  std::erase_if(connections_, [this](const Connection& connection) {
    if (SocketInode(connection.descriptor) == connection.inode) return false;
    const auto peer = by_peer_.find(connection.peer);
    if (--peer->second == 0) by_peer_.erase(peer);
    return true;
  });
  return connections_.size();
}

}  // namespace kernelserve::server

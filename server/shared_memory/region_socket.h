#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_REGION_SOCKET_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_REGION_SOCKET_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/descriptor.h"
#include "server/shared_memory/region_table.h"

namespace kernelserve::server {

// The socket beside a unix socket over which clients hand over the descriptors of their regions, or
// show the server their own memory (RegionSpan in types.proto has what they say). A thread of its
// own waits for them; a connection that closes takes its regions out of the table.
class RegionSocket {
 public:
  // Listens at `path`, for the owner only. `table` outlives it.
  static absl::StatusOr<std::unique_ptr<RegionSocket>> Listen(const std::string& path,
                                                              RegionTable* table);

  // Closes all connections.
  ~RegionSocket();
  RegionSocket(const RegionSocket&) = delete;
  RegionSocket& operator=(const RegionSocket&) = delete;

  // Frees the path, for a successor. Connections stay. May be called again.
  void StopListening();

 private:
  struct Connection {
    Descriptor socket;
    std::vector<std::string> tokens = {};
  };

  RegionSocket(std::string path, Descriptor listening, Descriptor wake, RegionTable* table);

  void Wake();
  void Serve();
  bool Accept();                        // false where there is no descriptor to do it with
  bool Answer(Connection* connection);  // false where it is to be closed
  void Close(Connection* connection);

  const std::string path_;
  RegionTable* const table_;
  Descriptor listening_;  // of the thread, as are the connections
  Descriptor wake_;       // an eventfd
  std::vector<Connection> connections_;
  std::atomic<bool> listens_ = true;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_REGION_SOCKET_H_

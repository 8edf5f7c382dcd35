#ifndef KERNELSERVE_SERVER_CONNECTIONS_ACCEPTOR_H_
#define KERNELSERVE_SERVER_CONNECTIONS_ACCEPTOR_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "grpcpp/server_builder.h"
#include "server/connections/connection_table.h"
#include "server/connections/listening_sockets.h"
#include "server/descriptor.h"

namespace kernelserve::server {

// Accepts connections and hands them to gRPC. gRPC's own accept loop has no bound on connections,
// and Debian 12's, once it has run out of descriptors, never accepts again (CVE-2023-4785). This
// one takes up to a number of connections in all and from each host, tells those over it by closing
// them at once, and gets over a lack of descriptors.
//
// Waits on a thread of its own. Thread-safe.
class Acceptor {
 public:
  using Grpc = grpc::experimental::ExternalConnectionAcceptor;

  struct Limits {
    size_t connections_max;
    size_t connections_per_peer_max;
  };

  // What is listened on, and who gets the connections made there.
  struct Listener {
    ListeningSockets listening;
    Grpc* grpc;
  };

  // Accepts from now on. gRPC's acceptors outlive it, of a server that has started.
  Acceptor(std::vector<Listener> listeners, const Limits& limits);

  // Stops listening.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Frees ports and paths, for a successor; returns when no connection will be handed over any
  // more. Those there are stay. May be called again.
  void StopListening();

  // Why connections were closed as soon as they were made.
  enum class Refusal { kConnections, kPeer, kDescriptors };
  static constexpr std::array<absl::string_view, 3> kRefusals = {"connections", "peer",
                                                                 "descriptors"};

  struct Figures {
    size_t connections;
    std::array<uint64_t, kRefusals.size()> refused;  // by Refusal
  };
  Figures figures();

 private:
  void Serve();
  void AcceptAll(const Listener& listener, const Descriptor& socket);
  void TakeIn(const Listener& listener, const Descriptor& socket, Descriptor connection,
              const std::string& peer);
  void Refuse(Refusal why);

  const Limits limits_;
  std::vector<Listener> listeners_;  // of the thread
  Descriptor wake_;                  // an eventfd
  Descriptor spare_;  // given up to accept, and so to refuse, where descriptors have run out
  std::mutex mutex_;
  ConnectionTable table_;  // guarded by mutex_
  std::array<std::atomic<uint64_t>, kRefusals.size()> refused_{};
  std::array<std::chrono::steady_clock::time_point, kRefusals.size()> told_{};  // of the thread
  std::thread thread_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CONNECTIONS_ACCEPTOR_H_

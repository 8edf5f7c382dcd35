#ifndef KERNELSERVE_SERVER_SERVER_H_
#define KERNELSERVE_SERVER_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/options.h"

namespace kernelserve::server {

// Everything that serves, from listening to draining:
//
//   absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
//   …
//   (*server)->Drain();
//
// Besides its own services it has gRPC's: health (for each service by name, and Watch) and
// reflection.
class Server {
 public:
  // Returns when calls are being taken at every address of `options`, or an error that names the
  // flag, the address and what is wrong with it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options);

  // Gives calls that still run no more time.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where it listens, as clients take it, in the order of options: ports are the real ones.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // Where metrics and the status page are, with the real port; "" where they are not.
  std::string metrics_address() const;

  // Ends without failing a call: health becomes NOT_SERVING; after lame_duck_ms connections are
  // told to go elsewhere (GOAWAY); calls have drain_timeout_ms to end, and are then cancelled.
  // Blocks until all have ended. To be called once.
  void Drain();

 private:
  struct Parts;
  explicit Server(const Options& options);

  absl::Status Secure();
  absl::Status Listen();
  // What is lacking at an address that other machines may reach, as the log has it; "": nothing.
  std::string Lacks(const ListenAddress& address) const;
  absl::Status ServeMetrics();

  const Options options_;
  std::vector<std::string> addresses_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SERVER_H_

#ifndef KERNELSERVE_SERVER_OBSERVABILITY_HTTP_SERVER_H_
#define KERNELSERVE_SERVER_OBSERVABILITY_HTTP_SERVER_H_

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/listen_address.h"

struct mg_connection;
struct mg_context;

namespace kernelserve::server {

// The operator's pages, over plain HTTP/1.1 (CivetWeb): whatever is asked for by GET or HEAD at
// some paths. Two threads serve it, so that a scrape gets through beside a page; a connection that
// says nothing is closed after some seconds.
class HttpServer {
 public:
  struct Response {
    int code;
    std::string content_type;
    std::string body;
  };
  struct Page {
    std::string path;                  // "/metrics"
    std::function<Response()> render;  // on any thread, several at a time
  };

  // Returns when it listens. `address` is of a TCP socket.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const ListenAddress& address,
                                                           std::vector<Page> pages);

  // Waits for requests under way.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Where it listens, with the real port.
  const ListenAddress& address() const { return address_; }

 private:
  HttpServer(const ListenAddress& address, std::vector<Page> pages)
      : address_(address), pages_(std::move(pages)) {}

  static int Answer(mg_connection* connection, void* server);

  ListenAddress address_;
  const std::vector<Page> pages_;
  mg_context* context_ = nullptr;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OBSERVABILITY_HTTP_SERVER_H_

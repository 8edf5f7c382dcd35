#include "server/observability/http_server.h"

#include <civetweb.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/connections/listening_sockets.h"
#include "server/log.h"

namespace kernelserve::server {
namespace {

// Requests that wait for a thread; a scraper and some people.
constexpr char kQueue[] = "16";
constexpr char kThreads[] = "2";
// A request's line and headers; ours is a path and what a browser adds.
constexpr char kRequestBytes[] = "8192";
// For a client that sends nothing, or doesn't read.
constexpr char kTimeoutMs[] = "5000";

void Send(mg_connection* connection, absl::string_view method,
          const HttpServer::Response& response) {
  const std::string head = absl::StrCat(
      "HTTP/1.1 ", response.code, " ", mg_get_response_code_text(connection, response.code),
      "\r\nContent-Type: ", response.content_type, "\r\nContent-Length: ", response.body.size(),
      // What is shown was in requests: it is text, and no page is to run or frame it.
      "\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
      "frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store"
      "\r\nConnection: close\r\n\r\n");
  mg_write(connection, head.data(), head.size());
  if (method != "HEAD") mg_write(connection, response.body.data(), response.body.size());
}

int LogMessage(const mg_connection*, const char* message) {
  Log(LogLevel::kWarning, "http", {{"text", message}});
  return 1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const ListenAddress& address,
                                                              std::vector<Page> pages) {
  // CivetWeb says no more than that it failed.
  if (absl::Status status = Listen(address).status(); !status.ok()) return status;
  std::unique_ptr<HttpServer> server(new HttpServer(address, std::move(pages)));
  const std::string listen = address.ToString();
  const char* options[] = {"listening_ports",
                           listen.c_str(),
                           "num_threads",
                           kThreads,
                           "connection_queue",
                           kQueue,
                           "max_request_size",
                           kRequestBytes,
                           "request_timeout_ms",
                           kTimeoutMs,
                           "enable_directory_listing",
                           "no",
                           nullptr};
  mg_init_library(MG_FEATURES_DEFAULT);
  mg_callbacks callbacks = {};
  callbacks.log_message = LogMessage;
  server->context_ = mg_start(&callbacks, server.get(), options);
  if (server->context_ == nullptr) {
    return absl::InternalError(absl::StrCat("\"", listen, "\": cannot serve HTTP there"));
  }
  mg_server_port port = {};
  if (mg_get_server_ports(server->context_, 1, &port) == 1) {
    server->address_.port = static_cast<uint16_t>(port.port);
  }
  mg_set_request_handler(server->context_, "**", Answer, server.get());
  return server;
}

HttpServer::~HttpServer() {
  if (context_ == nullptr) return;
  mg_stop(context_);
  mg_exit_library();
}

int HttpServer::Answer(mg_connection* connection, void* server) {
  const mg_request_info& request = *mg_get_request_info(connection);
  const absl::string_view method = request.request_method;
  const absl::string_view path = request.local_uri != nullptr ? request.local_uri : "";
  Response response{404, "text/plain; charset=utf-8", "there is nothing here\n"};
  if (method != "GET" && method != "HEAD") {
    response = {405, "text/plain; charset=utf-8", "GET is all that there is\n"};
  } else {
    for (const Page& page : static_cast<HttpServer*>(server)->pages_) {
      if (page.path == path) response = page.render();
    }
  }
  Send(connection, method, response);
  return response.code;
}

}  // namespace kernelserve::server

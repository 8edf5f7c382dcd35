#ifndef KERNELSERVE_SERVER_OPTIONS_H_
#define KERNELSERVE_SERVER_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/limits.h"
#include "server/listen_address.h"
#include "server/log.h"
#include "server/observability/call_observer.h"
#include "server/security/tls.h"

namespace kernelserve::server {

// What an operator decides about a server. flags.h fills it from the command line and environment,
// tests by hand.
struct Options {
  std::vector<ListenAddress> listen = {{.path = "", .host = "127.0.0.1", .port = 50051}};
  uint32_t workers = 0;            // 0: UsableCpus()
  uint64_t memory_ceiling_mb = 0;  // 0: by the cgroup's limit and kMemoryCeilingMb
  uint64_t request_bytes_max = kRequestBytesMax;
  uint64_t rows_max = kRowsMax;
  uint64_t fibonacci_n_max = kFibonacciNMax;
  bool shared_memory = true;              // with clients of unix sockets
  int64_t choices_cache_mb = -1;          // -1: by the memory ceiling and kChoicesCacheShare
  uint64_t connections_max = 0;           // 0: by kConnectionsMax and RLIMIT_NOFILE
  uint64_t connections_per_peer_max = 0;  // 0: by kConnectionsPeerShare
  int64_t connection_age_max_s = 0;       // 0: as old as they get
  int64_t connection_age_grace_s = kConnectionAgeGraceS;
  int64_t connection_idle_max_s = 0;  // 0: as long as they like
  TlsFiles tls;                       // of TCP addresses; unix sockets are their owner's anyway
  std::string tokens_file;            // whose tokens calls must bear; empty: none
  std::optional<ListenAddress> metrics_listen;  // of the operator's pages; none: there are none
  LogRequests log_requests = LogRequests::kNone;
  int64_t lame_duck_ms = kLameDuckMs;
  int64_t drain_timeout_ms = kDrainTimeoutMs;
};

// What concerns the process around it.
struct ProcessOptions {
  Options server;
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  bool healthcheck = false;  // be a probe instead of a server
  ListenAddress healthcheck_address;
  int parent_pidfd = -1;  // drain when that process ends; -1: none
  int ready_fd = -1;      // tell of readiness there; -1: nobody asks
  bool help = false;
  bool version = false;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OPTIONS_H_

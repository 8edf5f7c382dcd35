#include "server/server.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "kernels/catalog.h"
#include "kernels/simd_target.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "server/call.h"
#include "server/call_metadata.h"
#include "server/cgroup.h"
#include "server/choices/choices_cache.h"
#include "server/columns/buffer_pool.h"
#include "server/connections/acceptor.h"
#include "server/connections/listening_sockets.h"
#include "server/connections/polling.h"
#include "server/fibonacci_service.h"
#include "server/health_service.h"
#include "server/kernel_service.h"
#include "server/limits.h"
#include "server/log.h"
#include "server/memory_budget.h"
#include "server/observability/http_server.h"
#include "server/observability/server_figures.h"
#include "server/observability/status_page.h"
#include "server/scheduler/held_refusals.h"
#include "server/scheduler/worker_pool.h"
#include "server/security/tls.h"
#include "server/security/tokens.h"
#include "server/server_info_service.h"
#include "server/shared_memory/region_socket.h"
#include "server/shared_memory/region_table.h"
#include "server/string_distance_service.h"
#include "server/version.h"

namespace kernelserve::server {
namespace {

uint64_t MemoryCeilingBytes(const Options& options) {
  if (options.memory_ceiling_mb > 0) return options.memory_ceiling_mb << 20;
  uint64_t bytes = kMemoryCeilingMb << 20;
  if (const auto limit = CgroupMemoryBytes()) bytes = std::min(bytes, *limit / 4 * 3);
  return bytes;
}

uint64_t ChoicesCacheBytes(const Options& options, const MemoryBudget& memory) {
  if (options.choices_cache_mb < 0) return memory.bytes() / kChoicesCacheShare;
  return static_cast<uint64_t>(options.choices_cache_mb) << 20;
}

// What some v1 server has not: names of server_info.proto.
constexpr const char* kCapabilities[] = {
    "align", "cdist", "default_process", "join", "pairwise_records", "separated_texts", "top_k"};
constexpr char kSharedMemory[] = "shared_memory";

// The path of the socket beside the one at `address` over which clients share memory; "" where
// there is to be none.
std::string RegionSocketPath(const Options& options, const ListenAddress& address) {
  if (!options.shared_memory || !address.is_unix()) return "";
  std::string path = absl::StrCat(address.path, kRegionSocketSuffix);
  return path.size() <= kRegionSocketPathBytes ? path : "";
}

v1::GetServerInfoResponse Info(const Options& options, const std::string& instance_id,
                               size_t workers) {
  v1::GetServerInfoResponse info;
  info.set_version(kVersion);
#ifdef NDEBUG
  info.set_build("release, " __VERSION__);
#else
  info.set_build("debug, " __VERSION__);
#endif
  info.set_simd_target(SimdTarget());
  info.set_instance_id(instance_id);
  info.set_catalog_digest(CatalogDigest());
  info.set_workers(static_cast<uint32_t>(workers));
  for (const char* name : kCapabilities) info.add_capabilities(name);
  if (std::any_of(options.listen.begin(), options.listen.end(), [&](const ListenAddress& address) {
        return !RegionSocketPath(options, address).empty();
      })) {
    info.add_capabilities(kSharedMemory);
  }
  v1::Limits& limits = *info.mutable_limits();
  limits.set_request_bytes_max(options.request_bytes_max);
  limits.set_request_bytes_preferred(std::min(options.request_bytes_max, kRequestBytesPreferred));
  limits.set_rows_max(options.rows_max);
  limits.set_text_units_max(kTextUnitsMax);
  limits.set_result_bytes_max(kResultBytesMax);
  limits.set_fibonacci_n_max(options.fibonacci_n_max);
  limits.set_streams_max(kStreamsMax);
  return info;
}

// Seconds as gRPC's arguments have them, where 0 stands for no end.
int ArgumentMs(int64_t seconds) {
  return seconds == 0 ? INT_MAX : static_cast<int>(seconds * 1000);
}

void SetChannelArguments(const Options& options, grpc::ServerBuilder* builder) {
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                              ArgumentMs(options.connection_age_max_s));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                              static_cast<int>(options.connection_age_grace_s * 1000));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                              ArgumentMs(options.connection_idle_max_s));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytes);
  // A compressed message reaches the adapter as it is, which refuses it with a reason: gRPC would
  // decompress it before anything can say no, and a megabyte of zeros takes a kilobyte.
  builder->AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              kPingIntervalLeastMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // The adapter refuses a long message with a reason. gRPC would not refuse it any sooner: it reads
  // a message whole before it looks at its length, bounded by the resource quota alone.
  builder->SetMaxReceiveMessageSize(-1);
  builder->SetMaxSendMessageSize(-1);  // kResultBytesMax is checked before there is a message
}

// Reflection is gRPC's own service, which cannot ask for a token.
class NoReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
  }
};

// As many descriptors as the process may have, and how many that are.
uint64_t RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;  // what Linux starts with
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, kDescriptorsMax);
  if (limit.rlim_cur < wanted) {
    const rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

Acceptor::Limits ConnectionLimits(const Options& options) {
  const uint64_t descriptors = RaiseDescriptorLimit();
  const uint64_t others = std::min<uint64_t>(kOtherDescriptors, descriptors / 2);
  uint64_t most = options.connections_max;
  if (most == 0) most = std::clamp<uint64_t>(descriptors - others, 1, kConnectionsMax);
  uint64_t of_peer = options.connections_per_peer_max;
  if (of_peer == 0) of_peer = std::max<uint64_t>(most / kConnectionsPeerShare, 1);
  return {.connections_max = most, .connections_per_peer_max = of_peer};
}

}  // namespace

// Destroyed from the last to the first: gRPC's server, which waits for its calls, before what
// they use.
struct Server::Parts {
  explicit Parts(const Options& options)
      : memory(MemoryCeilingBytes(options) / 2),
        buffers(std::min(memory.bytes() / 4, kIdleBufferBytes)),
        choices(ChoicesCacheBytes(options, memory)),
        pool(options.workers > 0 ? options.workers : UsableCpus(), kJobsMax,
             std::chrono::milliseconds(kRestMs), [] { malloc_trim(0); }),
        observer(options.log_requests, &registry),
        calls{.pool = &pool,
              .memory = &memory,
              .refusals = &refusals,
              .request_bytes_max = options.request_bytes_max,
              .instance_id = NewRequestId(),
              .observer = &observer},
        regions(&memory),
        batches{.buffers = &buffers,
                .shared_memory = {.regions = &regions,
                                  .buffers = &buffers,
                                  .memory = &memory,
                                  .request_bytes_max = options.request_bytes_max},
                .rows_max = options.rows_max,
                .result_bytes_max = kResultBytesMax,
                .kernel_limits = {.fibonacci_n_max = options.fibonacci_n_max}},
        crosses{
            .batches = &batches, .memory = &memory, .choices = &choices, .workers = pool.workers()},
        string_distance(calls, batches, crosses),
        kernels(calls, batches),
        fibonacci(calls, options.fibonacci_n_max),
        info(Info(options, calls.instance_id, pool.workers())),
        server_info(calls, info),
        health({v1::StringDistanceService::service_full_name(),
                v1::KernelService::service_full_name(), v1::FibonacciService::service_full_name(),
                v1::ServerInfoService::service_full_name()}) {
    memory.set_reclaim([this](uint64_t bytes) { choices.GiveBack(bytes); });
  }

  std::array<grpc::Service*, 5> services() {
    return {&string_distance, &kernels, &fibonacci, &server_info, &health};
  }

  ServerFigures Figures() const {
    const WorkerPool::Load load = pool.load();
    const Acceptor::Figures accepted = acceptor->figures();
    return {.serving = health.serving(),
            .workers = pool.workers(),
            .workers_busy = load.busy,
            .jobs = load.jobs,
            .jobs_max = kJobsMax,
            .flows = load.flows,
            .memory_bytes = memory.reserved(),
            .memory_bytes_max = memory.bytes(),
            .choices_bytes = choices.bytes(),
            .buffers_bytes = buffers.idle_bytes(),
            .connections = accepted.connections,
            .log_events_dropped = DroppedLogEvents(),
            .refused = {accepted.refused.begin(), accepted.refused.end()},
            .process = ReadProcessFigures()};
  }

  prometheus::Registry registry;
  MemoryBudget memory;
  BufferPool buffers;
  ChoicesCache choices;
  HeldRefusals refusals{PacePolling};  // before the pool, whose workers hold some
  WorkerPool pool;
  CallObserver observer;
  std::unique_ptr<Tokens> tokens;
  CallEnvironment calls;
  RegionTable regions;
  const BatchEnvironment batches;
  const CrossEnvironment crosses;
  StringDistanceService string_distance;
  KernelService kernels;
  FibonacciService fibonacci;
  const v1::GetServerInfoResponse info;
  ServerInfoService server_info;
  HealthService health;
  std::vector<std::unique_ptr<RegionSocket>> region_sockets;
  // Of connections that are accepted for it: in plain text, and encrypted.
  std::unique_ptr<Acceptor::Grpc> plain;
  std::unique_ptr<Acceptor::Grpc> encrypted;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Acceptor> acceptor;
  std::unique_ptr<HttpServer> pages;
};

Server::Server(const Options& options)
    : options_(options), parts_(std::make_unique<Parts>(options)) {}

Server::~Server() {
  parts_->health.EndWatches();
  if (parts_->server != nullptr) parts_->server->Shutdown(std::chrono::system_clock::now());
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  std::unique_ptr<Server> server(new Server(options));
  const auto named = [](absl::string_view flag, const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(flag, ": ", status.message()));
  };
  if (absl::Status status = server->Secure(); !status.ok()) return status;
  if (absl::Status status = server->Listen(); !status.ok()) return named("--listen", status);
  if (absl::Status status = server->ServeMetrics(); !status.ok()) {
    return named("--metrics_listen", status);
  }
  return server;
}

absl::Status Server::Secure() {
  if (!options_.tls.empty()) {
    if (absl::Status status = CheckTlsFiles(options_.tls); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat("TLS: ", status.message()));
    }
  }
  if (options_.tokens_file.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Tokens>> tokens = Tokens::Load(options_.tokens_file);
  if (!tokens.ok()) {
    return absl::Status(tokens.status().code(),
                        absl::StrCat("--tokens_file: ", tokens.status().message()));
  }
  parts_->tokens = *std::move(tokens);
  parts_->calls.tokens = parts_->tokens.get();
  return absl::OkStatus();
}

std::string Server::Lacks(const ListenAddress& address) const {
  if (IsLocal(address)) return "";
  const bool encrypted = !options_.tls.empty();
  const bool authenticated = !options_.tokens_file.empty() || !options_.tls.client_ca.empty();
  if (encrypted && authenticated) return "";
  if (encrypted) return "authentication: whoever reaches the address can use everything";
  if (authenticated) return "encryption: whoever is on the way can read everything, tokens too";
  return "encryption or authentication: whoever reaches the address can read and use everything";
}

absl::Status Server::Listen() {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  grpc::ServerBuilder builder;
  if (parts_->tokens != nullptr) builder.SetOption(std::make_unique<NoReflection>());
  SetChannelArguments(options_, &builder);
  grpc::ResourceQuota quota("kernelserve");
  quota.Resize(parts_->memory.bytes());
  builder.SetResourceQuota(quota);
  for (grpc::Service* service : parts_->services()) builder.RegisterService(service);

  std::vector<Acceptor::Listener> listeners;
  for (const ListenAddress& address : options_.listen) {
    if (const std::string lack = Lacks(address); !lack.empty()) {
      Log(LogLevel::kWarning, absl::StrCat("listening beyond loopback without ", lack),
          {{"address", address.ToString()}});
    }
    absl::StatusOr<ListeningSockets> listening = kernelserve::server::Listen(address);
    if (!listening.ok()) return listening.status();
    addresses_.push_back(listening->address.ToString());
    const bool encrypted = !address.is_unix() && !options_.tls.empty();
    auto& acceptor = encrypted ? parts_->encrypted : parts_->plain;
    if (acceptor == nullptr) {
      acceptor = builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
          encrypted ? TlsServerCredentials(options_.tls) : grpc::InsecureServerCredentials());
    }
    listeners.push_back({*std::move(listening), acceptor.get()});
  }
  parts_->server = builder.BuildAndStart();
  if (parts_->server == nullptr) return absl::InternalError("gRPC's server did not start");
  parts_->acceptor = std::make_unique<Acceptor>(std::move(listeners), ConnectionLimits(options_));

  for (const ListenAddress& address : options_.listen) {
    const std::string path = RegionSocketPath(options_, address);
    if (path.empty()) continue;
    auto socket = RegionSocket::Listen(path, &parts_->regions);
    if (!socket.ok()) {
      // An optimisation: without it, clients send their columns.
      Log(LogLevel::kWarning, "there is no shared memory at this socket",
          {{"address", address.ToString()}, {"reason", socket.status().message()}});
      continue;
    }
    parts_->region_sockets.push_back(*std::move(socket));
  }
  return absl::OkStatus();
}

absl::Status Server::ServeMetrics() {
  if (!options_.metrics_listen.has_value()) return absl::OkStatus();
  Parts* const parts = parts_.get();
  const ServerCollector collector({{"version", parts->info.version()},
                                   {"build", parts->info.build()},
                                   {"simd_target", parts->info.simd_target()},
                                   {"instance_id", parts->info.instance_id()}},
                                  [parts] { return parts->Figures(); });
  const auto metrics = [parts, collector]() -> HttpServer::Response {
    std::vector<prometheus::MetricFamily> families = parts->registry.Collect();
    for (auto& family : collector.Collect()) families.push_back(std::move(family));
    return {200, "text/plain; version=0.0.4; charset=utf-8",
            prometheus::TextSerializer().Serialize(families)};
  };
  const auto status = [parts]() -> HttpServer::Response {
    return {200, "text/html; charset=utf-8",
            StatusPage(parts->info, parts->Figures(), parts->observer)};
  };
  const auto health = [parts]() -> HttpServer::Response {
    const bool serving = parts->health.serving();
    return {serving ? 200 : 503, "text/plain; charset=utf-8", serving ? "serving\n" : "draining\n"};
  };
  absl::StatusOr<std::unique_ptr<HttpServer>> pages = HttpServer::Start(
      *options_.metrics_listen, {{"/metrics", metrics}, {"/", status}, {"/healthz", health}});
  if (!pages.ok()) return pages.status();
  parts->pages = *std::move(pages);
  return absl::OkStatus();
}

std::string Server::metrics_address() const {
  return parts_->pages == nullptr ? "" : parts_->pages->address().ToString();
}

void Server::Drain() {
  const auto ms = [](int64_t count) { return std::chrono::milliseconds(count); };
  parts_->health.StopServing();
  std::this_thread::sleep_for(ms(options_.lame_duck_ms));
  parts_->health.EndWatches();
  // Before the path itself is given up: whoever takes that next needs both.
  for (const auto& socket : parts_->region_sockets) socket->StopListening();
  parts_->acceptor->StopListening();
  parts_->server->Shutdown(std::chrono::system_clock::now() + ms(options_.drain_timeout_ms));
}

}  // namespace kernelserve::server

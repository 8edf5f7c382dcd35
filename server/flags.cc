#include "server/flags.h"

#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "kernels/did_you_mean.h"
#include "server/limits.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:50051",
          "where to listen, separated by commas: unix:/path, host:port or [v6]:port; with port 0, "
          "any free one");
ABSL_FLAG(
    int64_t, workers, 0,
    "threads that compute; 0: as many as the CPU quota of the control group, or the affinity, "
    "allows");
ABSL_FLAG(int64_t, memory_ceiling_mb, 0,
          "megabytes that requests, what is made of them, and replies may take; 0: three quarters "
          "of the control group's limit, and 2048 at most");
ABSL_FLAG(int64_t, request_bytes_max, kernelserve::server::kRequestBytesMax,
          "bytes that a request may have");
ABSL_FLAG(int64_t, rows_max, kernelserve::server::kRowsMax, "rows that a call may have");
ABSL_FLAG(int64_t, fibonacci_n_max, kernelserve::server::kFibonacciNMax,
          "the greatest n of which the whole Fibonacci number is given");
ABSL_FLAG(bool, shared_memory, true,
          "let clients of a unix socket hand over columns in shared memory, or show the server "
          "their own, by a second socket beside it");
ABSL_FLAG(int64_t, choices_cache_mb, -1,
          "megabytes of choices, made ready, that are kept for later calls; -1: half of what calls "
          "may take, of which they are a part");
ABSL_FLAG(int64_t, connections_max, 0,
          "connections at a time; 0: 4096, or what the limit of descriptors allows");
ABSL_FLAG(int64_t, connections_per_peer_max, 0,
          "of these, from one host; 0: half of them. Behind a proxy all are from one");
ABSL_FLAG(
    int64_t, connection_age_max_s, 0,
    "seconds after which a connection's client is told to make a new one, give or take a tenth: "
    "a balancer of connections then gives it to another replica; 0: never");
ABSL_FLAG(int64_t, connection_age_grace_s, kernelserve::server::kConnectionAgeGraceS,
          "seconds that calls then have to end");
ABSL_FLAG(int64_t, connection_idle_max_s, 0,
          "seconds after which a connection without calls is closed; 0: never");
ABSL_FLAG(std::string, tls_certificate, "",
          "PEM file of the server's certificate and those that lead to the root: TCP addresses are "
          "encrypted");
ABSL_FLAG(std::string, tls_key, "", "PEM file of the certificate's key");
ABSL_FLAG(
    std::string, tls_client_ca, "",
    "PEM file of the certificates that sign those of clients, which must then have one; empty: "
    "they need none");
ABSL_FLAG(
    std::string, tokens_file, "",
    "file of bearer tokens, one a line, of which each call must bear one; empty: none is asked "
    "for");
ABSL_FLAG(
    std::string, metrics_listen, "",
    "where to serve metrics (/metrics), health (/healthz) and a status page (/) over HTTP, as "
    "host:port; empty: nowhere");
ABSL_FLAG(std::string, log_requests, "none",
          "which calls get a line in the log: none, errors or all");
ABSL_FLAG(int64_t, lame_duck_ms, kernelserve::server::kLameDuckMs,
          "how long health says NOT_SERVING, upon SIGTERM, before connections are closed");
ABSL_FLAG(int64_t, drain_timeout_ms, kernelserve::server::kDrainTimeoutMs,
          "how long calls may then still run");
ABSL_FLAG(std::string, log_format, "text", "text or json, on standard error");
ABSL_FLAG(std::string, log_level, "info", "debug, info, warning or error");
ABSL_FLAG(bool, healthcheck, false,
          "ask a running server for its health instead of being one: exit code 0 where it serves, "
          "1 where not");
ABSL_FLAG(std::string, healthcheck_address, "",
          "the server that --healthcheck asks; empty: the first of --listen");
ABSL_FLAG(int64_t, parent_pidfd, -1,
          "an inherited descriptor, as of pidfd_open: drain when that process ends");
ABSL_FLAG(int64_t, ready_fd, -1,
          "an inherited descriptor: write one line of JSON there when serving, and close it");
ABSL_FLAG(bool, version, false, "print the version");

namespace kernelserve::server {
namespace {

constexpr absl::string_view kVariablePrefix = "KERNELSERVE_SERVER_";

struct FlagRow {
  absl::CommandLineFlag* flag;  // by name: only the registry's can be set
  const char* expects;
  int64_t least = 0;  // of numbers
  int64_t most = 0;
};

// In the order of --help.
const std::vector<FlagRow>& Rows() {
  constexpr int64_t kTera = int64_t{1} << 40;
  constexpr int64_t kDayMs = 86'400'000;
  constexpr int64_t kMonthS = 2'000'000;  // in milliseconds an int, as gRPC has it
  static const auto* const rows = new std::vector<FlagRow>{
      {absl::FindCommandLineFlag("listen"), "addresses"},
      {absl::FindCommandLineFlag("workers"), "a whole number", 0, 1024},
      {absl::FindCommandLineFlag("memory_ceiling_mb"), "a whole number", 0, kTera},
      {absl::FindCommandLineFlag("request_bytes_max"), "a whole number", kRequestBytesMaxLeast,
       kRequestBytesMaxMost},
      {absl::FindCommandLineFlag("rows_max"), "a whole number", kRowsMaxLeast, kRowsMaxMost},
      {absl::FindCommandLineFlag("fibonacci_n_max"), "a whole number", 93, kFibonacciNMaxMost},
      {absl::FindCommandLineFlag("shared_memory"), "true or false"},
      {absl::FindCommandLineFlag("choices_cache_mb"), "a whole number", -1, kTera},
      {absl::FindCommandLineFlag("connections_max"), "a whole number", 0, 1'000'000},
      {absl::FindCommandLineFlag("connections_per_peer_max"), "a whole number", 0, 1'000'000},
      {absl::FindCommandLineFlag("connection_age_max_s"), "a whole number", 0, kMonthS},
      {absl::FindCommandLineFlag("connection_age_grace_s"), "a whole number", 0, kMonthS},
      {absl::FindCommandLineFlag("connection_idle_max_s"), "a whole number", 0, kMonthS},
      {absl::FindCommandLineFlag("tls_certificate"), "a path"},
      {absl::FindCommandLineFlag("tls_key"), "a path"},
      {absl::FindCommandLineFlag("tls_client_ca"), "a path"},
      {absl::FindCommandLineFlag("tokens_file"), "a path"},
      {absl::FindCommandLineFlag("metrics_listen"), "an address"},
      {absl::FindCommandLineFlag("log_requests"), "none, errors or all"},
      {absl::FindCommandLineFlag("lame_duck_ms"), "a whole number", 0, kDayMs},
      {absl::FindCommandLineFlag("drain_timeout_ms"), "a whole number", 0, kDayMs},
      {absl::FindCommandLineFlag("log_format"), "text or json"},
      {absl::FindCommandLineFlag("log_level"), "debug, info, warning or error"},
      {absl::FindCommandLineFlag("healthcheck"), "true or false"},
      {absl::FindCommandLineFlag("healthcheck_address"), "an address"},
      {absl::FindCommandLineFlag("parent_pidfd"), "a whole number", -1, INT32_MAX},
      {absl::FindCommandLineFlag("ready_fd"), "a whole number", -1, INT32_MAX},
      {absl::FindCommandLineFlag("version"), "true or false"},
  };
  return *rows;
}

std::string Variable(const FlagRow& row) {
  return absl::StrCat(kVariablePrefix, absl::AsciiStrToUpper(row.flag->Name()));
}

absl::Status Usage(absl::string_view origin, absl::string_view value, absl::string_view expects) {
  return absl::InvalidArgumentError(
      absl::StrCat(origin, " is \"", value, "\" and must be ", expects));
}

// Where each flag that was given had its value from, as errors name it.
using Origins = std::map<absl::string_view, std::string>;

absl::Status Set(const FlagRow& row, absl::string_view value, std::string origin,
                 Origins* origins) {
  std::string error;
  const bool parsed = row.flag->ParseFrom(value, &error);
  if (const auto number = row.flag->TryGet<int64_t>(); number.has_value()) {
    if (!parsed || *number < row.least || *number > row.most) {
      return Usage(origin, value, absl::StrCat(row.expects, " from ", row.least, " to ", row.most));
    }
  } else if (!parsed) {
    return Usage(origin, value, row.expects);
  }
  (*origins)[row.flag->Name()] = std::move(origin);
  return absl::OkStatus();
}

const FlagRow* Find(absl::string_view name) {
  for (const FlagRow& row : Rows()) {
    if (row.flag->Name() == name) return &row;
  }
  return nullptr;
}

absl::Status Unknown(absl::string_view name) {
  std::vector<absl::string_view> known;
  for (const FlagRow& row : Rows()) known.push_back(row.flag->Name());
  std::string hint = DidYouMean(name, known);
  return absl::InvalidArgumentError(
      absl::StrCat("--", name, " is not a flag", hint.empty() ? "; --help lists them" : hint));
}

absl::Status ReadEnvironment(Origins* origins) {
  for (const FlagRow& row : Rows()) {
    const std::string variable = Variable(row);
    if (const char* value = std::getenv(variable.c_str())) {
      if (absl::Status status = Set(row, value, variable, origins); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

// --name=value, --name value, --boolean and --noboolean. Abseil's own parser ends the process with
// exit code 1 upon an error, and knows flags that are not ours.
absl::Status ReadCommandLine(std::span<const char* const> arguments, Origins* origins) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    absl::string_view argument = arguments[i];
    if (!absl::ConsumePrefix(&argument, "--")) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", argument, "\" is not a flag; --help lists them"));
    }
    const size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    const FlagRow* row = Find(name);
    absl::string_view value;
    if (row != nullptr && equals != argument.npos) {
      value = argument.substr(equals + 1);
    } else if (row != nullptr && row->flag->IsOfType<bool>()) {
      value = "true";
    } else if (row != nullptr) {
      if (++i == arguments.size()) {
        return absl::InvalidArgumentError(absl::StrCat("--", name, " needs a value"));
      }
      value = arguments[i];
    } else {
      absl::string_view negated = name;
      if (absl::ConsumePrefix(&negated, "no")) row = Find(negated);
      if (row == nullptr || !row->flag->IsOfType<bool>() || equals != argument.npos) {
        return Unknown(name);
      }
      value = "false";
    }
    if (absl::Status status = Set(*row, value, absl::StrCat("--", row->flag->Name()), origins);
        !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

template <typename Value, size_t N>
absl::StatusOr<Value> Choose(const absl::Flag<std::string>& flag, absl::string_view origin,
                             absl::string_view expects,
                             const std::array<std::pair<absl::string_view, Value>, N>& choices) {
  const std::string chosen = absl::GetFlag(flag);
  for (const auto& [name, value] : choices) {
    if (chosen == name) return value;
  }
  return Usage(origin, chosen, expects);
}

}  // namespace

absl::StatusOr<ProcessOptions> ParseFlags(std::span<const char* const> arguments) {
  ProcessOptions options;
  for (const FlagRow& row : Rows()) {
    std::string error;
    row.flag->ParseFrom(row.flag->DefaultValue(), &error);
  }
  for (const char* argument : arguments) {
    const absl::string_view text(argument);
    if (text == "--help" || text == "-h") {
      options.help = true;
      return options;
    }
  }

  Origins origins;
  if (absl::Status status = ReadEnvironment(&origins); !status.ok()) return status;
  if (absl::Status status = ReadCommandLine(arguments, &origins); !status.ok()) return status;

  const auto named = [&origins](absl::string_view name, const absl::Status& status) {
    return absl::InvalidArgumentError(absl::StrCat(origins[name], ": ", status.message()));
  };
  absl::StatusOr<std::vector<ListenAddress>> listen =
      ParseListenAddresses(absl::GetFlag(FLAGS_listen));
  if (!listen.ok()) return named("listen", listen.status());
  options.server.listen = *std::move(listen);
  options.server.workers = static_cast<uint32_t>(absl::GetFlag(FLAGS_workers));
  options.server.memory_ceiling_mb = static_cast<uint64_t>(absl::GetFlag(FLAGS_memory_ceiling_mb));
  options.server.request_bytes_max = static_cast<uint64_t>(absl::GetFlag(FLAGS_request_bytes_max));
  options.server.rows_max = static_cast<uint64_t>(absl::GetFlag(FLAGS_rows_max));
  options.server.fibonacci_n_max = static_cast<uint64_t>(absl::GetFlag(FLAGS_fibonacci_n_max));
  options.server.shared_memory = absl::GetFlag(FLAGS_shared_memory);
  options.server.choices_cache_mb = absl::GetFlag(FLAGS_choices_cache_mb);
  options.server.lame_duck_ms = absl::GetFlag(FLAGS_lame_duck_ms);
  options.server.drain_timeout_ms = absl::GetFlag(FLAGS_drain_timeout_ms);

  options.server.connections_max = static_cast<uint64_t>(absl::GetFlag(FLAGS_connections_max));
  options.server.connections_per_peer_max =
      static_cast<uint64_t>(absl::GetFlag(FLAGS_connections_per_peer_max));
  options.server.connection_age_max_s = absl::GetFlag(FLAGS_connection_age_max_s);
  options.server.connection_age_grace_s = absl::GetFlag(FLAGS_connection_age_grace_s);
  options.server.connection_idle_max_s = absl::GetFlag(FLAGS_connection_idle_max_s);
  options.server.tls = {.certificate = absl::GetFlag(FLAGS_tls_certificate),
                        .key = absl::GetFlag(FLAGS_tls_key),
                        .client_ca = absl::GetFlag(FLAGS_tls_client_ca)};
  if (options.server.tls.certificate.empty() != options.server.tls.key.empty()) {
    return absl::InvalidArgumentError("--tls_certificate and --tls_key go together");
  }
  if (options.server.tls.empty() && !options.server.tls.client_ca.empty()) {
    return absl::InvalidArgumentError("--tls_client_ca needs --tls_certificate and --tls_key");
  }
  options.server.tokens_file = absl::GetFlag(FLAGS_tokens_file);
  if (const std::string address = absl::GetFlag(FLAGS_metrics_listen); !address.empty()) {
    absl::StatusOr<ListenAddress> parsed = ParseListenAddress(address);
    if (!parsed.ok()) return named("metrics_listen", parsed.status());
    if (parsed->is_unix()) {
      return Usage(origins["metrics_listen"], address, "a TCP address, as host:port");
    }
    options.server.metrics_listen = *std::move(parsed);
  }
  using RequestsChoice = std::pair<absl::string_view, LogRequests>;
  const auto requests = Choose(FLAGS_log_requests, origins["log_requests"], "none, errors or all",
                               std::array{RequestsChoice{"none", LogRequests::kNone},
                                          RequestsChoice{"errors", LogRequests::kErrors},
                                          RequestsChoice{"all", LogRequests::kAll}});
  if (!requests.ok()) return requests.status();
  options.server.log_requests = *requests;

  using FormatChoice = std::pair<absl::string_view, LogFormat>;
  const auto format = Choose(
      FLAGS_log_format, origins["log_format"], "text or json",
      std::array{FormatChoice{"text", LogFormat::kText}, FormatChoice{"json", LogFormat::kJson}});
  if (!format.ok()) return format.status();
  options.log_format = *format;
  using LevelChoice = std::pair<absl::string_view, LogLevel>;
  const auto level = Choose(
      FLAGS_log_level, origins["log_level"], "debug, info, warning or error",
      std::array{LevelChoice{"debug", LogLevel::kDebug}, LevelChoice{"info", LogLevel::kInfo},
                 LevelChoice{"warning", LogLevel::kWarning},
                 LevelChoice{"error", LogLevel::kError}});
  if (!level.ok()) return level.status();
  options.log_level = *level;

  options.healthcheck = absl::GetFlag(FLAGS_healthcheck);
  options.healthcheck_address = options.server.listen.front();
  if (const std::string address = absl::GetFlag(FLAGS_healthcheck_address); !address.empty()) {
    absl::StatusOr<ListenAddress> parsed = ParseListenAddress(address);
    if (!parsed.ok()) return named("healthcheck_address", parsed.status());
    options.healthcheck_address = *std::move(parsed);
  }
  options.parent_pidfd = static_cast<int>(absl::GetFlag(FLAGS_parent_pidfd));
  options.ready_fd = static_cast<int>(absl::GetFlag(FLAGS_ready_fd));
  options.version = absl::GetFlag(FLAGS_version);
  return options;
}

std::string FlagsHelp() {
  std::string help =
      "Usage: kernelserve-server [--flag=value ...]\n\n"
      "Serves native kernels over gRPC. Each flag is also an environment variable, as --listen is\n"
      "KERNELSERVE_SERVER_LISTEN; the flag wins.\n\n";
  for (const FlagRow& row : Rows()) {
    absl::StrAppend(&help, "  --", row.flag->Name(), "\n      ", row.flag->Help());
    if (const std::string value = row.flag->DefaultValue(); !value.empty()) {
      absl::StrAppend(&help, " (default ", value, ")");
    }
    help += '\n';
  }
  return help;
}

}  // namespace kernelserve::server

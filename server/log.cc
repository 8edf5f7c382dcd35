#include "server/log.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/stubs/logging.h"
#include "grpc/support/log.h"
#include "server/log_sink.h"
#include "server/utf8.h"

namespace kernelserve::server {
namespace {

// Set before there are threads.
LogFormat g_format = LogFormat::kText;
LogSink* g_sink = nullptr;  // null before StartLogging

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Soon, and not now: no reader of the log is to keep gRPC's threads from their calls.
void LogForGrpc(gpr_log_func_args* args) {
  LogLevel level = LogLevel::kDebug;
  if (args->severity == GPR_LOG_SEVERITY_INFO) level = LogLevel::kInfo;
  if (args->severity == GPR_LOG_SEVERITY_ERROR) level = LogLevel::kWarning;
  LogSoon(level, "grpc", {{"text", args->message}});
}

// What protobuf complains of is in the requests: the client hears of it, and shall not be able to
// fill the log.
void LogForProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  LogSoon(LogLevel::kDebug, "protobuf", {{"text", message}});
}

// Printable ASCII that means nothing in JSON: all there is in most of what is logged.
bool IsPlain(char c) {
  return absl::ascii_isprint(static_cast<unsigned char>(c)) && c != '"' && c != '\\';
}

void AppendJsonString(absl::string_view text, std::string* json) {
  *json += '"';
  while (!text.empty()) {
    const auto plain = std::find_if_not(text.begin(), text.end(), IsPlain) - text.begin();
    json->append(text.data(), static_cast<size_t>(plain));
    text.remove_prefix(static_cast<size_t>(plain));
    if (text.empty()) break;
    const size_t bytes = Utf8SequenceBytes(text);
    const char c = text[0];
    if (bytes == 0) {
      *json += "\uFFFD";
    } else if (c == '"' || c == '\\') {
      *json += '\\';
      *json += c;
    } else if (c == '\n') {
      *json += "\\n";
    } else if (bytes == 1 && static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(json, "\\u%04x", static_cast<unsigned>(c));
    } else {
      json->append(text.data(), bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  *json += '"';
}

// A value in a line of text: in quotes where it would not be told from what follows, or would do
// something to a terminal.
void AppendTextValue(absl::string_view value, std::string* text) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return IsPlain(c) && c != ' ' && c != '=';
  });
  if (plain) {
    text->append(value.data(), value.size());
  } else {
    AppendJsonString(value, text);
  }
}

void AppendEvent(LogFormat format, absl::string_view message,
                 std::initializer_list<LogField> fields, std::string* event) {
  if (format == LogFormat::kJson) {
    *event += "\"message\":";
    AppendJsonString(message, event);
  } else {
    event->append(message.data(), message.size());
  }
  for (const auto& [name, value] : fields) {
    if (format == LogFormat::kJson) {
      *event += ',';
      AppendJsonString(name, event);
      *event += ':';
      AppendJsonString(value, event);
    } else {
      *event += ' ';
      event->append(name.data(), name.size());
      *event += '=';
      AppendTextValue(value, event);
    }
  }
}

void WriteAndDie(int signal) {
  WriteLogInSignalHandler();
  raise(signal);  // whose action is the default again
}

// So that what was logged before a fault is there to explain it. Whoever has a handler already, as
// sanitizers have, explains it better.
void WriteBeforeFaults() {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = WriteAndDie;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    sigaction(signal, &action, nullptr);
  }
}

// Returns whether anything is logged at this level.
bool Write(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  spdlog::logger& logger = *spdlog::default_logger_raw();
  if (!logger.should_log(SpdlogLevel(level))) return false;
  thread_local std::string event;
  event.clear();
  AppendEvent(g_format, message, fields, &event);
  logger.log(SpdlogLevel(level), spdlog::string_view_t(event.data(), event.size()));
  return true;
}

}  // namespace

std::string JsonString(absl::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

std::string FormatEvent(LogFormat format, absl::string_view message,
                        std::initializer_list<LogField> fields) {
  std::string event;
  AppendEvent(format, message, fields, &event);
  return event;
}

void StartLogging(LogFormat format, LogLevel level) {
  g_format = format;
  auto sink = std::make_shared<LogSink>(STDERR_FILENO);
  LogSink* const new_sink = sink.get();
  auto logger = std::make_shared<spdlog::logger>("kernelserve", std::move(sink));
  logger->set_level(SpdlogLevel(level));
  logger->set_pattern(format == LogFormat::kJson
                          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                          : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                      spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(logger));
  g_sink = new_sink;
  WriteBeforeFaults();

  gpr_set_log_function(LogForGrpc);
  gpr_set_log_verbosity(level == LogLevel::kDebug ? GPR_LOG_SEVERITY_INFO : GPR_LOG_SEVERITY_ERROR);
  google::protobuf::SetLogHandler(LogForProtobuf);
}

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  if (Write(level, message, fields)) spdlog::default_logger_raw()->flush();
}

void LogSoon(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  if (g_sink == nullptr || g_sink->has_room()) {
    Write(level, message, fields);
  } else if (spdlog::default_logger_raw()->should_log(SpdlogLevel(level))) {
    g_sink->Drop();
  }
}

uint64_t DroppedLogEvents() { return g_sink == nullptr ? 0 : g_sink->dropped(); }

void WriteLogInSignalHandler() {
  if (g_sink != nullptr) g_sink->WriteInSignalHandler();
}

}  // namespace kernelserve::server

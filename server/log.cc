#include "server/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/stubs/logging.h"
#include "grpc/support/log.h"
#include "server/utf8.h"

namespace kernelserve::server {
namespace {

LogFormat g_format = LogFormat::kText;  // set before there are threads

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

void LogForGrpc(gpr_log_func_args* args) {
  LogLevel level = LogLevel::kDebug;
  if (args->severity == GPR_LOG_SEVERITY_INFO) level = LogLevel::kInfo;
  if (args->severity == GPR_LOG_SEVERITY_ERROR) level = LogLevel::kWarning;
  Log(level, "grpc", {{"text", args->message}});
}

// What protobuf complains of is in the requests: the client hears of it, and shall not be able to
// fill the log.
void LogForProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  Log(LogLevel::kDebug, "protobuf", {{"text", message}});
}

// A value in a line of text: in quotes where it would not be told from what follows.
std::string TextValue(absl::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"\\=\n\r\t") == value.npos;
  return plain ? std::string(value) : JsonString(value);
}

}  // namespace

std::string JsonString(absl::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const size_t bytes = Utf8SequenceBytes(text);
    const char c = text[0];
    if (bytes == 0) {
      json += "\uFFFD";
    } else if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (c == '\n') {
      json += "\\n";
    } else if (bytes == 1 && static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&json, "\\u%04x", static_cast<unsigned>(c));
    } else {
      absl::StrAppend(&json, text.substr(0, bytes));
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  json += '"';
  return json;
}

std::string FormatEvent(LogFormat format, absl::string_view message,
                        std::initializer_list<LogField> fields) {
  std::string event = format == LogFormat::kJson ? absl::StrCat("\"message\":", JsonString(message))
                                                 : std::string(message);
  for (const auto& [name, value] : fields) {
    if (format == LogFormat::kJson) {
      absl::StrAppend(&event, ",", JsonString(name), ":", JsonString(value));
    } else {
      absl::StrAppend(&event, " ", name, "=", TextValue(value));
    }
  }
  return event;
}

void StartLogging(LogFormat format, LogLevel level) {
  g_format = format;
  auto logger = std::make_shared<spdlog::logger>("kernelserve",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(SpdlogLevel(level));
  logger->flush_on(spdlog::level::debug);
  logger->set_pattern(format == LogFormat::kJson
                          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                          : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                      spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(logger));

  gpr_set_log_function(LogForGrpc);
  gpr_set_log_verbosity(level == LogLevel::kDebug ? GPR_LOG_SEVERITY_INFO : GPR_LOG_SEVERITY_ERROR);
  google::protobuf::SetLogHandler(LogForProtobuf);
}

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  spdlog::logger& logger = *spdlog::default_logger_raw();
  if (!logger.should_log(SpdlogLevel(level))) return;
  logger.log(SpdlogLevel(level), "{}", FormatEvent(g_format, message, fields));
}

}  // namespace kernelserve::server

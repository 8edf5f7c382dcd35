#ifndef KERNELSERVE_SERVER_LOG_H_
#define KERNELSERVE_SERVER_LOG_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace kernelserve::server {

// The process's log, on standard error: one line an event, for people or as JSON. gRPC's and
// protobuf's own messages come the same way. Nothing is logged for a call that succeeds, so that
// logging costs a busy server nothing.

enum class LogFormat { kText, kJson };
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// To be called once, before gRPC is used. Before that, events are text.
void StartLogging(LogFormat format, LogLevel level);

using LogField = std::pair<absl::string_view, absl::string_view>;

// "serving addresses=unix:/a" or {…,"message":"serving","addresses":"unix:/a"}: a constant message
// to search for, and what differs in fields. Thread-safe.
void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});

// The event as it is written, but for time and level; in JSON the inside of an object.
std::string FormatEvent(LogFormat format, absl::string_view message,
                        std::initializer_list<LogField> fields);

// `text` between quotes, with everything escaped that RFC 8259 wants escaped. Bytes that are no
// UTF-8 become U+FFFD.
std::string JsonString(absl::string_view text);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_LOG_H_

#ifndef KERNELSERVE_SERVER_LOG_H_
#define KERNELSERVE_SERVER_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace kernelserve::server {

// The process's log, on standard error: one line an event, for people or as JSON. gRPC's and
// protobuf's own messages come the same way. Lines are in the order of their events.

enum class LogFormat { kText, kJson };
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// To be called once, before gRPC is used. Before that, events are text.
void StartLogging(LogFormat format, LogLevel level);

using LogField = std::pair<absl::string_view, absl::string_view>;

// "serving addresses=unix:/a" or {…,"message":"serving","addresses":"unix:/a"}: a constant message
// to search for, and what differs in fields. It is written when this returns. Thread-safe.
void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});

// As Log, for what happens thousands of times a second: written within kLogDelayMs, together with
// what else there is by then. Where the log's reader cannot keep up, the event is left out, and
// counted.
void LogSoon(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields);

// Events that were left out, or that nobody could read any more.
uint64_t DroppedLogEvents();

// Writes what LogSoon has put off, as well as can be in a handler of a signal that ends the
// process. StartLogging sees to signals of faults.
void WriteLogInSignalHandler();

// The event as it is written, but for time and level; in JSON the inside of an object.
std::string FormatEvent(LogFormat format, absl::string_view message,
                        std::initializer_list<LogField> fields);

// `text` between quotes, with everything escaped that RFC 8259 wants escaped. Bytes that are no
// UTF-8 become U+FFFD.
std::string JsonString(absl::string_view text);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_LOG_H_

#include "server/observability/call_observer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/log.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

// In milliseconds, by the microsecond.
std::string Ms(double seconds) {
  const auto us = static_cast<uint64_t>(std::max(0.0, std::round(seconds * 1e6)));
  return absl::StrCat(us / 1000, ".", absl::Dec(us % 1000, absl::kZeroPad3));
}

void LogCall(const CallReport& report) {
  LogSoon(LogLevel::kInfo, "call",
          {{"method", MethodName(report.method)},
           {"status", absl::StatusCodeToString(report.status.code())},
           {"reason", report.status.ok() ? "" : ReasonOf(report.status)},
           {"text", report.status.message().substr(0, RecentErrors::kMessageBytes)},
           {"request_id", report.request_id},
           {"peer", report.peer},
           {"kernel", report.kernel},
           {"ms", Ms(report.seconds)},
           {"queue_ms", Ms(static_cast<double>(report.timing.queue_ns()) * 1e-9)},
           {"cells", absl::AlphaNum(report.timing.cells()).Piece()},
           {"received_bytes", absl::AlphaNum(report.received_bytes).Piece()},
           {"sent_bytes", absl::AlphaNum(report.sent_bytes).Piece()}});
}

}  // namespace

void CallObserver::Ended(const CallReport& report) {
  metrics_.Ended(report);
  if (!report.status.ok()) errors_.Add(report);
  if (Logs(report.status)) LogCall(report);
}

}  // namespace kernelserve::server

#include "server/observability/call_observer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/log.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

void LogCall(const CallReport& report) {
  const auto ms = [](double seconds) { return absl::StrFormat("%.3f", seconds * 1e3); };
  const std::string all = ms(report.seconds);
  const std::string queue = ms(static_cast<double>(report.timing.queue_ns()) * 1e-9);
  const std::string received = absl::StrCat(report.received_bytes);
  const std::string sent = absl::StrCat(report.sent_bytes);
  const std::string cells = absl::StrCat(report.timing.cells());
  const std::string code = absl::StatusCodeToString(report.status.code());
  const std::string reason = report.status.ok() ? "" : ReasonOf(report.status);
  Log(LogLevel::kInfo, "call",
      {{"method", MethodName(report.method)},
       {"status", code},
       {"reason", reason},
       {"text", report.status.message().substr(0, RecentErrors::kMessageBytes)},
       {"request_id", report.request_id},
       {"peer", report.peer},
       {"kernel", report.kernel},
       {"ms", all},
       {"queue_ms", queue},
       {"cells", cells},
       {"received_bytes", received},
       {"sent_bytes", sent}});
}

}  // namespace

void CallObserver::Ended(const CallReport& report) {
  metrics_.Ended(report);
  if (!report.status.ok()) errors_.Add(report);
  if (Logs(report.status)) LogCall(report);
}

}  // namespace kernelserve::server

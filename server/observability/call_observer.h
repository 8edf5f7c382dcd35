#ifndef KERNELSERVE_SERVER_OBSERVABILITY_CALL_OBSERVER_H_
#define KERNELSERVE_SERVER_OBSERVABILITY_CALL_OBSERVER_H_

#include "absl/status/status.h"
#include "server/method.h"
#include "server/observability/call_metrics.h"
#include "server/observability/call_report.h"
#include "server/observability/recent_errors.h"

namespace kernelserve::server {

// Which calls get a line in the log.
enum class LogRequests { kNone, kErrors, kAll };

// Who hears of every call: metrics, the status page's errors, and the log. Thread-safe.
class CallObserver {
 public:
  // `registry` outlives it.
  CallObserver(LogRequests log_requests, prometheus::Registry* registry)
      : log_requests_(log_requests), metrics_(registry) {}

  void Started(Method method) { metrics_.Started(method); }
  void Ended(const CallReport& report);

  // Whether a call that ends so gets a line in the log.
  bool Logs(const absl::Status& status) const {
    return log_requests_ != LogRequests::kNone &&
           (log_requests_ == LogRequests::kAll || !status.ok());
  }

  const CallMetrics& metrics() const { return metrics_; }
  const RecentErrors& errors() const { return errors_; }

 private:
  const LogRequests log_requests_;
  CallMetrics metrics_;
  RecentErrors errors_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OBSERVABILITY_CALL_OBSERVER_H_

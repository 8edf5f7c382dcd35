#include "server/observability/recent_errors.h"

#include <utility>

#include "server/status.h"

namespace kernelserve::server {

void RecentErrors::Add(const CallReport& report) {
  Error error{.time = std::chrono::system_clock::now(),
              .method = report.method,
              .reason = ReasonOf(report.status),
              .message = std::string(report.status.message().substr(0, kMessageBytes)),
              .request_id = std::string(report.request_id)};
  const std::lock_guard lock(mutex_);
  errors_.push_front(std::move(error));
  if (errors_.size() > kErrors) errors_.pop_back();
}

std::vector<RecentErrors::Error> RecentErrors::Latest() const {
  const std::lock_guard lock(mutex_);
  return {errors_.begin(), errors_.end()};
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_OBSERVABILITY_RECENT_ERRORS_H_
#define KERNELSERVE_SERVER_OBSERVABILITY_RECENT_ERRORS_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "server/observability/call_report.h"

namespace kernelserve::server {

// The last calls that failed, for the status page. Thread-safe.
class RecentErrors {
 public:
  static constexpr size_t kErrors = 20;
  // Of a message; clients decide what is in it.
  static constexpr size_t kMessageBytes = 300;

  struct Error {
    std::chrono::system_clock::time_point time;
    Method method;
    std::string reason;
    std::string message;
    std::string request_id;
  };

  // Of a call that failed.
  void Add(const CallReport& report);

  // The latest first.
  std::vector<Error> Latest() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Error> errors_;  // the latest first; guarded by mutex_
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OBSERVABILITY_RECENT_ERRORS_H_

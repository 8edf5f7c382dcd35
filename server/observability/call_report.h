#ifndef KERNELSERVE_SERVER_OBSERVABILITY_CALL_REPORT_H_
#define KERNELSERVE_SERVER_OBSERVABILITY_CALL_REPORT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "kernelserve/v1/call_timing.pb.h"
#include "server/method.h"

namespace kernelserve::server {

// What an operator may want to know of a call that has ended. Views live as long as the call.
struct CallReport {
  Method method;
  const absl::Status& status;
  absl::string_view request_id;  // "" where nobody needed one
  const std::string& peer;       // "" where it is not logged
  absl::string_view kernel;      // "" where it did not get so far, or there is none
  double seconds;                // from its arrival to its end
  uint64_t received_bytes;       // of the request
  uint64_t sent_bytes;           // of the reply's messages
  uint64_t rows;
  const v1::CallTiming& timing;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OBSERVABILITY_CALL_REPORT_H_

#ifndef KERNELSERVE_KERNELS_ERROR_H_
#define KERNELSERVE_KERNELS_ERROR_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace kernelserve {

// What a caller needs to act on a refusal without parsing its message. Empty where it doesn't
// apply.
struct ErrorDetails {
  absl::string_view reason =
      {};  // a constant for programs: "OUT_OF_RANGE", one of kernelserve.v1.ErrorReason
  absl::string_view field = {};  // the argument, as a path: "n", "left.offsets", "scorer.name"
  absl::string_view bound = {};  // what would have been taken: "at most 1000000000"
  absl::string_view value = {};  // what was received
};

// A status that carries `details` as payloads; `message` is a whole sentence for people that names
// the argument, the bound and the value received. A value is cut to 100 bytes.
absl::Status MakeError(absl::StatusCode code, const ErrorDetails& details,
                       absl::string_view message);

// OUT_OF_RANGE: "n is 0, expected at least 1".
absl::Status OutOfRangeError(absl::string_view field, absl::string_view bound,
                             absl::string_view value);

// The details that MakeError put in, "" where there are none.
std::string ErrorReason(const absl::Status& status);
std::string ErrorField(const absl::Status& status);
std::string ErrorBound(const absl::Status& status);
std::string ErrorValue(const absl::Status& status);

// The same status about another field: what a kernel names by itself, by the request's path.
absl::Status WithField(absl::Status status, absl::string_view field);

// The same status, said of one row: "row 7: ..." in the message, and the row in the details.
absl::Status AtRow(const absl::Status& status, uint64_t row);
// The row's index in decimal, "" where the status is not about a row.
std::string ErrorRow(const absl::Status& status);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_ERROR_H_

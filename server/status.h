#ifndef KERNELSERVE_SERVER_STATUS_H_
#define KERNELSERVE_SERVER_STATUS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"

namespace kernelserve::server {

// The one way from absl::Status to what travels. The code stays; the message is cut to
// kStatusTextBytes (as it travels) and made valid UTF-8; the details that kernels/error.h put in
// become google.rpc ones, as proto/kernelserve/v1/error_reason.proto promises: ErrorInfo and
// RequestInfo always, BadRequest where a field is named, RetryInfo after RetryLater.
//
// A status that was not made by MakeError gets the reason that its code suggests.
grpc::Status ToGrpcStatus(const absl::Status& status, absl::string_view request_id);

// The reason that clients are given for an error: one of kernelserve.v1.ErrorReason.
std::string ReasonOf(const absl::Status& status);

// OUT_OF_RANGE: a number that is not within `bound`, as "at most 1000000000".
absl::Status OutOfRange(absl::string_view field, absl::string_view bound, uint64_t value);

// Whether RetryLater made it.
bool IsForLater(const absl::Status& status);

// The same status, with the promise that the same request may succeed in `delay_ms`.
absl::Status RetryLater(absl::Status status, int64_t delay_ms);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_STATUS_H_

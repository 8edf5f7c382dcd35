#include "server/status.h"

#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "kernels/error.h"
#include "server/limits.h"
#include "server/utf8.h"

namespace kernelserve::server {
namespace {

constexpr absl::string_view kDomain = "kernelserve";
constexpr absl::string_view kRetryDelay = "kernelserve/retry_delay_ms";

// The details travel in a header too, which all in all may have 8 KiB: what a field violation
// repeats of the message, which is there already, and any single datum.
constexpr size_t kDescriptionBytes = 256;
constexpr size_t kDatumBytes = 256;

// `text` as valid UTF-8 with \xNN for the bytes that are none, cut where it would take more than
// `bytes_max` in a grpc-message header, which escapes as URLs do: three bytes for one.
std::string Printable(absl::string_view text, size_t bytes_max) {
  std::string printable;
  size_t header_bytes = 0;
  while (!text.empty()) {
    const size_t sequence = Utf8SequenceBytes(text);
    std::string next(text.substr(0, 1));
    if (sequence == 0) {
      next = absl::StrCat("\\x", absl::Hex(static_cast<unsigned char>(text[0]), absl::kZeroPad2));
    } else {
      next = std::string(text.substr(0, sequence));
    }
    for (const char c : next) header_bytes += c >= ' ' && c <= '~' && c != '%' ? 1 : 3;
    if (header_bytes > bytes_max) break;
    printable += next;
    text.remove_prefix(sequence == 0 ? 1 : sequence);
  }
  return printable;
}

absl::string_view ReasonOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kCancelled:
      return "CANCELLED";
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
      return "INVALID_ARGUMENT";
    case absl::StatusCode::kOutOfRange:
      return "OUT_OF_RANGE";
    case absl::StatusCode::kDeadlineExceeded:
      return "DEADLINE_UNREACHABLE";
    case absl::StatusCode::kResourceExhausted:
      return "OVERLOADED";
    case absl::StatusCode::kUnavailable:
      return "DRAINING";
    case absl::StatusCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case absl::StatusCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    default:
      return "INTERNAL";
  }
}

}  // namespace

std::string ReasonOf(const absl::Status& status) {
  std::string reason = ErrorReason(status);
  return reason.empty() ? std::string(ReasonOf(status.code())) : reason;
}

absl::Status OutOfRange(absl::string_view field, absl::string_view bound, uint64_t value) {
  return MakeError(
      absl::StatusCode::kOutOfRange,
      {.reason = "OUT_OF_RANGE", .field = field, .bound = bound, .value = absl::StrCat(value)},
      absl::StrCat(field, " is ", value, " and must be ", bound));
}

bool IsForLater(const absl::Status& status) { return status.GetPayload(kRetryDelay).has_value(); }

absl::Status RetryLater(absl::Status status, int64_t delay_ms) {
  status.SetPayload(kRetryDelay, absl::Cord(absl::StrCat(delay_ms)));
  return status;
}

grpc::Status ToGrpcStatus(const absl::Status& status, absl::string_view request_id) {
  if (status.ok()) return grpc::Status::OK;

  google::rpc::Status travels;
  travels.set_code(static_cast<int>(status.code()));
  travels.set_message(Printable(status.message(), kStatusTextBytes));

  google::rpc::ErrorInfo info;
  info.set_domain(std::string(kDomain));
  info.set_reason(ReasonOf(status));
  const auto add = [&info](const char* key, absl::string_view value) {
    if (!value.empty()) (*info.mutable_metadata())[key] = Printable(value, kDatumBytes);
  };
  add("field", ErrorField(status));
  add("bound", ErrorBound(status));
  add("value", ErrorValue(status));
  add("row", ErrorRow(status));
  add("request_id", request_id);
  travels.add_details()->PackFrom(info);

  if (const std::string field = ErrorField(status); !field.empty()) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(Printable(field, kDatumBytes));
    violation->set_description(Printable(status.message(), kDescriptionBytes));
    travels.add_details()->PackFrom(bad_request);
  }

  google::rpc::RequestInfo request_info;
  request_info.set_request_id(std::string(request_id));
  travels.add_details()->PackFrom(request_info);

  int64_t delay_ms;
  if (const auto delay = status.GetPayload(kRetryDelay);
      delay && absl::SimpleAtoi(std::string(*delay), &delay_ms)) {
    google::rpc::RetryInfo retry_info;
    retry_info.mutable_retry_delay()->set_seconds(delay_ms / 1000);
    retry_info.mutable_retry_delay()->set_nanos(static_cast<int>(delay_ms % 1000) * 1'000'000);
    travels.add_details()->PackFrom(retry_info);
  }

  return {static_cast<grpc::StatusCode>(status.code()), travels.message(),
          travels.SerializeAsString()};
}

}  // namespace kernelserve::server

#include "kernels/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace kernelserve {
namespace {

constexpr absl::string_view kReason = "kernelserve/reason";
constexpr absl::string_view kField = "kernelserve/field";
constexpr absl::string_view kBound = "kernelserve/bound";
constexpr absl::string_view kValue = "kernelserve/value";
constexpr absl::string_view kRow = "kernelserve/row";

// A received value can be a whole text; a message of a few kilobytes is refused by HTTP/2 peers.
constexpr size_t kValueBytesMax = 100;

void Set(absl::Status& status, absl::string_view key, absl::string_view value) {
  if (!value.empty()) status.SetPayload(key, absl::Cord(value));
}

std::string Get(const absl::Status& status, absl::string_view key) {
  const auto payload = status.GetPayload(key);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, const ErrorDetails& details,
                       absl::string_view message) {
  absl::Status status(code, message);
  Set(status, kReason, details.reason);
  Set(status, kField, details.field);
  Set(status, kBound, details.bound);
  Set(status, kValue, details.value.substr(0, kValueBytesMax));
  return status;
}

absl::Status OutOfRangeError(absl::string_view field, absl::string_view bound,
                             absl::string_view value) {
  return MakeError(absl::StatusCode::kOutOfRange,
                   {.reason = "OUT_OF_RANGE", .field = field, .bound = bound, .value = value},
                   absl::StrCat(field, " is ", value, ", expected ", bound));
}

std::string ErrorReason(const absl::Status& status) { return Get(status, kReason); }
std::string ErrorField(const absl::Status& status) { return Get(status, kField); }
std::string ErrorBound(const absl::Status& status) { return Get(status, kBound); }
std::string ErrorValue(const absl::Status& status) { return Get(status, kValue); }
std::string ErrorRow(const absl::Status& status) { return Get(status, kRow); }

absl::Status WithField(absl::Status status, absl::string_view field) {
  Set(status, kField, field);
  return status;
}

absl::Status AtRow(const absl::Status& status, uint64_t row) {
  absl::Status named(status.code(), absl::StrCat("row ", row, ": ", status.message()));
  status.ForEachPayload(
      [&](absl::string_view key, const absl::Cord& value) { named.SetPayload(key, value); });
  Set(named, kRow, absl::StrCat(row));
  return named;
}

}  // namespace kernelserve

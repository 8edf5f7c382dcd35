#include "kernels/error.h"

#include <utility>

#include "absl/strings/cord.h"

namespace kernelserve {
namespace {

constexpr std::string_view kReason = "kernelserve/reason";
constexpr std::string_view kField = "kernelserve/field";
constexpr std::string_view kBound = "kernelserve/bound";
constexpr std::string_view kValue = "kernelserve/value";

// A received value can be a whole text; a message of a few kilobytes is refused by HTTP/2 peers.
constexpr size_t kValueBytesMax = 100;

void Set(absl::Status& status, std::string_view key, std::string_view value) {
  if (!value.empty()) status.SetPayload(key, absl::Cord(value));
}

std::string Get(const absl::Status& status, std::string_view key) {
  const auto payload = status.GetPayload(key);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, const ErrorDetails& details, std::string message) {
  absl::Status status(code, std::move(message));
  Set(status, kReason, details.reason);
  Set(status, kField, details.field);
  Set(status, kBound, details.bound);
  Set(status, kValue, details.value.substr(0, kValueBytesMax));
  return status;
}

std::string ErrorReason(const absl::Status& status) { return Get(status, kReason); }
std::string ErrorField(const absl::Status& status) { return Get(status, kField); }
std::string ErrorBound(const absl::Status& status) { return Get(status, kBound); }
std::string ErrorValue(const absl::Status& status) { return Get(status, kValue); }

}  // namespace kernelserve

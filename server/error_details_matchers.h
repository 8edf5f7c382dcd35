#ifndef KERNELSERVE_SERVER_ERROR_DETAILS_MATCHERS_H_
#define KERNELSERVE_SERVER_ERROR_DETAILS_MATCHERS_H_

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

// For tests: what a grpc::Status carries, by google.rpc's own messages.
namespace kernelserve::server {

// The detail of type `Detail` in a status, if there is one.
template <typename Detail>
std::optional<Detail> FindDetail(const grpc::Status& status) {
  google::rpc::Status rpc;
  if (!rpc.ParseFromString(status.error_details())) return std::nullopt;
  for (const auto& any : rpc.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

// The metadata of a status's ErrorInfo, or "".
inline std::string InfoOf(const grpc::Status& status, const std::string& key) {
  const auto info = FindDetail<google::rpc::ErrorInfo>(status);
  if (!info || !info->metadata().contains(key)) return "";
  return info->metadata().at(key);
}

// A status with this code whose ErrorInfo has this reason.
MATCHER_P2(IsError, code, reason, "") {
  const auto info = FindDetail<google::rpc::ErrorInfo>(arg);
  *result_listener << "code " << arg.error_code() << ", reason "
                   << (info ? info->reason() : "(none)") << ": " << arg.error_message();
  return arg.error_code() == code && info && info->reason() == reason &&
         info->domain() == "kernelserve";
}

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_ERROR_DETAILS_MATCHERS_H_

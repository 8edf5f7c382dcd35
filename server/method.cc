#include "server/method.h"

#include <array>

namespace kernelserve::server {

absl::string_view MethodName(Method method) {
  // In the order of Method.
  static constexpr std::array<absl::string_view, kMethods> kNames = {
      "kernelserve.v1.StringDistanceService/Compare",
      "kernelserve.v1.StringDistanceService/EditScript",
      "kernelserve.v1.StringDistanceService/Align",
      "kernelserve.v1.StringDistanceService/Pairwise",
      "kernelserve.v1.StringDistanceService/PairwiseRecords",
      "kernelserve.v1.StringDistanceService/Cdist",
      "kernelserve.v1.StringDistanceService/TopK",
      "kernelserve.v1.StringDistanceService/Join",
      "kernelserve.v1.KernelService/ListKernels",
      "kernelserve.v1.KernelService/Run",
      "kernelserve.v1.FibonacciService/Compute",
      "kernelserve.v1.FibonacciService/StreamTerms",
      "kernelserve.v1.ServerInfoService/GetServerInfo",
  };
  return kNames[static_cast<size_t>(method)];
}

}  // namespace kernelserve::server

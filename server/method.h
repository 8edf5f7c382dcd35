#ifndef KERNELSERVE_SERVER_METHOD_H_
#define KERNELSERVE_SERVER_METHOD_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace kernelserve::server {

// The methods that the adapter (call.h) serves: all but health's and reflection's.
enum class Method : uint8_t {
  kCompare,
  kEditScript,
  kAlign,
  kPairwise,
  kPairwiseRecords,
  kCdist,
  kTopK,
  kJoin,
  kListKernels,
  kRun,
  kCompute,
  kStreamTerms,
  kGetServerInfo,
};
inline constexpr size_t kMethods = 13;

// As gRPC has it, without the slash in front: "kernelserve.v1.StringDistanceService/Compare".
absl::string_view MethodName(Method method);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_METHOD_H_

#include "kernels/string_distance/metric.h"

namespace kernelserve::metric_internal {

absl::Status CheckScore(absl::string_view field, std::optional<double> value, bool whole) {
  if (!value) return absl::OkStatus();
  if (*value >= 0 && (!whole || *value == std::floor(*value))) return absl::OkStatus();
  const absl::string_view bound = whole ? "a whole number, at least 0" : "a number, at least 0";
  const std::string received = absl::StrCat(*value);
  return MakeError(absl::StatusCode::kOutOfRange,
                   {.reason = "OUT_OF_RANGE", .field = field, .bound = bound, .value = received},
                   absl::StrCat(field, " is ", received, ", expected ", bound));
}

}  // namespace kernelserve::metric_internal

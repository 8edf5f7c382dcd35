#include "kernels/string_distance/metric.h"

namespace kernelserve::metric_internal {

absl::Status CheckScore(absl::string_view field, std::optional<double> value, bool whole) {
  if (!value) return absl::OkStatus();
  if (*value >= 0 && (!whole || *value == std::floor(*value))) return absl::OkStatus();
  const absl::string_view bound = whole ? "a whole number, at least 0" : "a number, at least 0";
  return OutOfRangeError(field, bound, absl::StrCat(*value));
}

}  // namespace kernelserve::metric_internal

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_METRIC_H_

#include <cstddef>
#include <span>
#include <tuple>

#include "absl/status/status.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/jaro.h"
#include "kernels/text.h"

namespace kernelserve {

// Jaro's similarity as a metric of the catalog (kernels/string_distance/similarity_metric.h).
struct JaroMetric {
  struct Parameters {
    static constexpr auto Fields() { return std::tuple<>(); }
  };

  static absl::Status Validate(const Parameters&) { return absl::OkStatus(); }

  static double CostNs(size_t left, size_t right, const Parameters&) {
    return JaroCostNs(left, right);
  }

  static void Block(TextColumn left, std::span<const Text> right, const Parameters&, double cutoff,
                    std::span<double> similarities, StopToken stop) {
    JaroBlock(left, right, similarities, stop);
    for (double& similarity : similarities) {
      if (similarity < cutoff) similarity = 0;
    }
  }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_METRIC_H_

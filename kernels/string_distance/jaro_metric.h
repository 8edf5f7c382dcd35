#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_METRIC_H_

#include <cstddef>
#include <span>
#include <tuple>

#include "absl/status/status.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/jaro.h"
#include "kernels/string_distance/jaro_cross.h"
#include "kernels/string_distance/sorted_texts.h"
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

  // With all common units in order, and all within the window.
  static double SimilarityBound(size_t left, size_t right, size_t common, const Parameters&) {
    if (left == 0 && right == 0) return 1;
    return JaroSimilarity(left, right, {.common = common});
  }

  static void Cross(std::span<const Text> queries, const SortedTexts& choices, const Parameters&,
                    double cutoff, StopToken stop, const CrossEmit& emit) {
    JaroCrossBlock(
        queries, choices, /*prefix_weight=*/0,
        [&](size_t query, size_t begin, std::span<double> similarities) {
          for (double& similarity : similarities) {
            if (similarity < cutoff) similarity = 0;
          }
          emit(query, begin, similarities);
        },
        stop);
  }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_METRIC_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_METRIC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

#include "absl/status/status.h"
#include "kernels/define.h"
#include "kernels/error.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/ngram_similarity.h"
#include "kernels/text.h"

namespace kernelserve {

// How alike the n-grams of two texts are, as a metric of the catalog
// (kernels/string_distance/similarity_metric.h).
template <NgramCoefficient coefficient>
struct NgramMetric {
  struct Parameters {
    uint64_t n = 2;

    static constexpr auto Fields() {
      return std::tuple(ParameterField("n", &Parameters::n,
                                       "How many units an n-gram has, 1 at least; 2 are bigrams."));
    }
  };

  static absl::Status Validate(const Parameters& parameters) {
    if (parameters.n > 0) return absl::OkStatus();
    return OutOfRangeError("n", "at least 1", "0");
  }

  static double CostNs(size_t left, size_t right, const Parameters& parameters) {
    return NgramCostNs(left, right, parameters.n);
  }

  static void Block(TextColumn left, std::span<const Text> right, const Parameters& parameters,
                    double cutoff, std::span<double> similarities, StopToken stop) {
    NgramBlock(left, right, parameters.n, coefficient, similarities, stop);
    for (double& similarity : similarities) {
      if (similarity < cutoff) similarity = 0;
    }
  }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_METRIC_H_

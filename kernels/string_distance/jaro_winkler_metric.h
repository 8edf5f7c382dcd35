#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_WINKLER_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_WINKLER_METRIC_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "kernels/error.h"
#include "kernels/parameters.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/jaro.h"
#include "kernels/string_distance/jaro_cross.h"
#include "kernels/string_distance/jaro_metric.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/text.h"

namespace kernelserve {

// Winkler's similarity as a metric of the catalog (kernels/string_distance/similarity_metric.h):
// Jaro's, and where that is over 0.7, a bonus for each of the first four units that both texts
// begin with (Winkler, "String comparator metrics and enhanced decision rules in the Fellegi-Sunter
// model of record linkage", 1990). Cutoffs round as RapidFuzz's do.
struct JaroWinklerMetric {
  struct Parameters {
    double prefix_weight = 0.1;

    static constexpr auto Fields() {
      return std::tuple(ParameterField(
          "prefix_weight", &Parameters::prefix_weight,
          "The bonus of each unit of the common prefix, 0 to 1, as a part of what lacks to 1."));
    }
  };

  static absl::Status Validate(const Parameters& parameters) {
    if (parameters.prefix_weight >= 0 && parameters.prefix_weight <= 1) return absl::OkStatus();
    return OutOfRangeError("prefix_weight", "0 to 1",
                           absl::StrFormat("%.17g", parameters.prefix_weight));
  }

  static double CostNs(size_t left, size_t right, const Parameters&) {
    return JaroCostNs(left, right) + 5;
  }

  static void Block(TextColumn left, std::span<const Text> right, const Parameters& parameters,
                    double cutoff, std::span<double> similarities, StopToken stop) {
    JaroBlock(left, right, similarities, stop);
    for (size_t i = 0; i < similarities.size(); ++i) {
      similarities[i] = WithPrefix(left[i], right[i], similarities[i], parameters, cutoff);
    }
  }

  static double SimilarityBound(size_t left, size_t right, size_t common,
                                const Parameters& parameters) {
    const double jaro = JaroMetric::SimilarityBound(left, right, common, {});
    if (jaro <= kWinklerBonusOver) return jaro;
    const double weight = static_cast<double>(kWinklerPrefixMax) * parameters.prefix_weight;
    // A little more, as a bonus may round up.
    return weight >= 1 ? 1 : std::min(1.0, jaro + weight * (1.0 - jaro) + 1e-12);
  }

  static void Cross(std::span<const Text> queries, const SortedTexts& choices,
                    const Parameters& parameters, double cutoff, StopToken stop,
                    const CrossEmit& emit) {
    if (cutoff <= 0) {
      JaroCrossBlock(queries, choices, parameters.prefix_weight, emit, stop);
      return;
    }
    // Cutoffs round on their way to Jaro's similarity.
    const std::span<const Text> texts = choices.texts();
    JaroCrossBlock(
        queries, choices, /*prefix_weight=*/0,
        [&](size_t query, size_t begin, std::span<double> similarities) {
          for (size_t i = 0; i < similarities.size(); ++i) {
            similarities[i] =
                WithPrefix(queries[query], texts[begin + i], similarities[i], parameters, cutoff);
          }
          emit(query, begin, similarities);
        },
        stop);
  }

 private:
  static double WithPrefix(Text left, Text right, double jaro, const Parameters& parameters,
                           double cutoff) {
    if (jaro <= kWinklerBonusOver) return jaro >= cutoff ? jaro : 0;
    const size_t most = std::min({left.size(), right.size(), kWinklerPrefixMax});
    size_t prefix = 0;
    while (prefix < most && left[prefix] == right[prefix]) ++prefix;
    const double weight = static_cast<double>(prefix) * parameters.prefix_weight;
    double jaro_cutoff = cutoff;
    if (jaro_cutoff > kWinklerBonusOver) {
      jaro_cutoff = weight >= 1 ? kWinklerBonusOver
                                : std::max(kWinklerBonusOver, (weight - cutoff) / (weight - 1));
    }
    if (jaro < jaro_cutoff) return 0;
    const double similarity = std::min(jaro + weight * (1.0 - jaro), 1.0);
    return similarity >= cutoff ? similarity : 0;
  }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_WINKLER_METRIC_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_METRIC_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

#include "absl/status/status.h"
#include "kernels/define.h"
#include "kernels/string_distance/cross_block.h"
#include "kernels/string_distance/levenshtein.h"
#include "kernels/string_distance/levenshtein_editops.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/sorted_texts.h"

namespace kernelserve {

// Levenshtein's distance as a metric of the catalog (kernels/string_distance/metric.h).
struct LevenshteinMetric {
  struct Parameters {
    std::array<int64_t, 3> weights = {1, 1, 1};

    static constexpr auto Fields() {
      return std::tuple(ParameterField(
          "weights", &Parameters::weights,
          "What inserting, deleting and substituting a unit cost, in this order; left to right."));
    }
    LevenshteinWeights Weights() const { return {weights[0], weights[1], weights[2]}; }
    bool IsUniform() const { return weights == std::array<int64_t, 3>{1, 1, 1}; }
  };

  static absl::Status Validate(const Parameters& parameters) {
    return CheckLevenshteinWeights(parameters.Weights());
  }

  static int64_t Maximum(size_t left, size_t right, const Parameters& parameters) {
    return LevenshteinMaximum(left, right, parameters.Weights());
  }

  static double Cost(size_t left, size_t right, const Parameters& parameters) {
    return static_cast<double>(LevenshteinCostNs(left, right, {.weights = parameters.Weights()}));
  }

  static void Block(std::span<const Text> left, std::span<const Text> right,
                    const Parameters& parameters, const ScoreCutoffs& cutoffs, int64_t hint,
                    const StopToken& stop, std::span<int64_t> distances) {
    const LevenshteinOptions options = {
        .weights = parameters.Weights(), .score_cutoff = cutoffs.all, .score_hint = hint};
    LevenshteinBlock(left, right, options, cutoffs.each, distances, stop);
  }

  static int64_t DistanceBound(size_t left, size_t right, size_t common,
                               const Parameters& parameters) {
    if (!parameters.IsUniform()) return -1;
    return static_cast<int64_t>(std::max(left, right) - common);
  }
  static bool IsSymmetric(const Parameters& parameters) {
    return parameters.weights[0] == parameters.weights[1];
  }
  static bool HasCrossBlock(const Parameters& parameters) {
    return parameters.IsUniform() && kernelserve::HasCrossBlock();
  }
  static void CrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                         const TakeTile& take, StopToken stop) {
    LevenshteinCrossBlock(queries, choices, take, stop);
  }

  using Prepared = PreparedLevenshtein;

  static Prepared Prepare(Text query, Side side, const Parameters& parameters) {
    LevenshteinWeights weights = parameters.Weights();
    // The query is the left of each distance; turned round, what was inserted is deleted.
    if (side == Side::kRight) std::swap(weights.insertion, weights.deletion);
    return PreparedLevenshtein(query, weights);
  }

  static uint64_t PreparedBytes(const Prepared&) { return 0; }

  static int64_t PreparedMaximum(const Prepared& prepared, size_t other) {
    return LevenshteinMaximum(prepared.query().size(), other, prepared.weights());
  }

  static void PreparedBlock(const Prepared& prepared, std::span<const Text> others,
                            const ScoreCutoffs& cutoffs, int64_t hint, const StopToken& stop,
                            std::span<int64_t> distances) {
    prepared.Block(others, cutoffs.all, hint, cutoffs.each, distances, stop);
  }

  // Weights do not apply, as in RapidFuzz.
  static Editops EditScript(Text left, Text right, const Parameters&, StopToken stop) {
    return LevenshteinEditops(left, right, stop);
  }
  static PairCost EditScriptCost(size_t left, size_t right) {
    return LevenshteinEditopsCost(left, right);
  }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_LEVENSHTEIN_METRIC_H_

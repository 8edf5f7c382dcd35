#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_SIMILARITY_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SIMILARITY_METRIC_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kernels/define.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/cross_block.h"
#include "kernels/string_distance/metric.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"
#include "kernels/text_scorer.h"

// Makes the four scorers of a metric that is a similarity from 0 to 1: jaro.similarity and so on.
//
// A metric is a struct like this, all static:
//
//   struct Parameters { ...; Fields(); };                        (kernels/parameters.h)
//   constexpr double kMost                                       where it goes up to that, not 1
//   absl::Status Validate(const Parameters&)
//   double CostNs(size_t left_units, size_t right_units, const Parameters&)
//   void Block(TextColumn left, std::span<const Text> right, const Parameters&, double cutoff,
//              std::span<double> similarities, StopToken)
//       a similarity under the cutoff is 0
//   double SimilarityBound(size_t left_units, size_t right_units, size_t common, const Parameters&)
//       where there is one: no pair of these sizes with `common` units in common, in any order, is
//       more similar
//   void Cross(std::span<const Text> queries, const SortedTexts&, const Parameters&, double cutoff,
//              StopToken, emit)
//       where it has one: a CrossEmit (cross_block.h)

namespace kernelserve {

template <typename Metric, Form form>
struct SimilarityKernel {
  using Score = double;

  struct Parameters : Metric::Parameters {
    std::optional<double> score_cutoff;

    static constexpr auto Fields() { return Metric::Parameters::Fields(); }

    absl::Status SetScoring(std::optional<double> cutoff, std::optional<double> hint) {
      absl::Status status =
          metric_internal::CheckScore("scorer.score_cutoff", cutoff, /*whole=*/false);
      if (!status.ok()) return status;
      score_cutoff = cutoff;
      return metric_internal::CheckScore("scorer.score_hint", hint, /*whole=*/false);
    }
  };

  static constexpr DataType kResults[] = {DataType::kFloat64, DataType::kFloat32};

  static absl::Status Validate(const Parameters& parameters) {
    return Metric::Validate(parameters);
  }
  static double Cost(size_t left, size_t right, const Parameters& parameters) {
    return Metric::CostNs(left, right, parameters);
  }
  static double Run(Text left, Text right, const Parameters& parameters, const StopToken& stop) {
    double score = 0;  // stays so where the stop token is set
    RunBlock(std::span(&left, 1), std::span(&right, 1), parameters, stop, std::span(&score, 1));
    return score;
  }
  static void RunBlock(std::span<const Text> left, std::span<const Text> right,
                       const Parameters& parameters, const StopToken& stop,
                       std::span<double> scores) {
    Metric::Block(TextColumn(left), right, parameters, SimilarityCutoff(parameters), scores, stop);
    FromSimilarities(parameters, scores);
  }

  static constexpr bool kHigherIsBetter =
      form == Form::kSimilarity || form == Form::kNormalizedSimilarity;
  static double Worst(const Parameters&) { return kHigherIsBetter ? 0 : 1; }
  static constexpr double kBest = [] {
    if constexpr (requires { Metric::kMost; }) return kHigherIsBetter ? Metric::kMost : 0.0;
    return kHigherIsBetter ? 1.0 : 0.0;
  }();

  static bool HasBound(const Parameters&) { return kHasBound; }
  static double Bound(size_t left, size_t right, size_t common, const Parameters& parameters) {
    if constexpr (kHasBound) {
      Parameters without_cutoff = parameters;
      without_cutoff.score_cutoff.reset();
      double score = Metric::SimilarityBound(left, right, common, parameters);
      FromSimilarities(without_cutoff, std::span(&score, 1));
      return score;
    }
    return 0;
  }

  static bool HasCross(const Parameters&) { return kHasCross && HasCrossBlock(); }
  static void Cross(std::span<const Text> queries, const SortedTexts& choices,
                    const Parameters& parameters, const StopToken& stop,
                    const TextScorer::Emit& emit) {
    if constexpr (kHasCross) {
      Metric::Cross(queries, choices, parameters, SimilarityCutoff(parameters), stop,
                    [&](size_t query, size_t begin, std::span<double> similarities) {
                      FromSimilarities(parameters, similarities);
                      emit(query, begin, {}, similarities);
                    });
    }
  }

  struct Prepared {
    Text query;
  };
  static Prepared Prepare(Text query, Side, const Parameters&) { return {query}; }
  static uint64_t PreparedBytes(const Prepared&) { return 0; }
  static void RunPrepared(const Prepared& prepared, std::span<const Text> others,
                          const Parameters& parameters, const StopToken& stop,
                          std::span<double> scores) {
    Metric::Block(TextColumn(&prepared.query), others, parameters, SimilarityCutoff(parameters),
                  scores, stop);
    FromSimilarities(parameters, scores);
  }

 private:
  static constexpr bool kHasBound = requires(const Parameters& parameters) {
    Metric::SimilarityBound(0, 0, 0, parameters);
  };
  static constexpr bool kHasCross =
      requires(std::span<const Text> queries, const SortedTexts& choices,
               const Parameters& parameters, const CrossEmit& emit) {
    Metric::Cross(queries, choices, parameters, 0.0, StopToken(), emit);
  };

  // Each form goes through the ones before it, as in RapidFuzz, so that scores round alike:
  //   distance              = 1 - similarity
  //   normalized_distance   = distance, whose own cutoff is 0 or 1: the next whole number
  //   normalized_similarity = 1 - normalized_distance
  static constexpr double kSlack = 0.00001;  // as in forms.h

  static double NormalizedDistanceCutoff(const Parameters& parameters) {
    if (form == Form::kNormalizedDistance) return parameters.score_cutoff.value_or(1);
    return std::min(1.0, 1.0 - parameters.score_cutoff.value_or(0) + kSlack);
  }
  static double DistanceCutoff(const Parameters& parameters) {
    if (form == Form::kDistance) return parameters.score_cutoff.value_or(1);
    return std::ceil(NormalizedDistanceCutoff(parameters));
  }
  static double SimilarityCutoff(const Parameters& parameters) {
    if (form == Form::kSimilarity) return parameters.score_cutoff.value_or(0);
    const double cutoff = DistanceCutoff(parameters);
    return cutoff <= 1 ? 1 - cutoff : 0;
  }

  static void FromSimilarities(const Parameters& parameters, std::span<double> scores) {
    if constexpr (form == Form::kSimilarity) return;
    const double distance_cutoff = DistanceCutoff(parameters);
    const double normalized_cutoff = NormalizedDistanceCutoff(parameters);
    const double cutoff = parameters.score_cutoff.value_or(0);
    for (double& score : scores) {
      score = 1 - score;
      if (score > distance_cutoff) score = 1;
      if constexpr (form == Form::kDistance) continue;
      if (score > normalized_cutoff) score = 1;
      if constexpr (form == Form::kNormalizedDistance) continue;
      score = 1 - score;
      if (score < cutoff) score = 0;
    }
  }
};

// Appends the metric's four scorers to `catalog`.
template <typename Metric>
void DefineSimilarityMetric(const std::string& name, const std::string& doc,
                            std::vector<Kernel>* catalog) {
  AddForms<Metric, SimilarityKernel>(name, doc, catalog);
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_SIMILARITY_METRIC_H_

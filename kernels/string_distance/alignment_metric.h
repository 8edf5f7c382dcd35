#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_METRIC_H_

#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "kernels/define.h"
#include "kernels/error.h"
#include "kernels/string_distance/alignment_score.h"
#include "kernels/string_distance/metric.h"
#include "kernels/text.h"

namespace kernelserve {

// The best alignment's score as a scorer of the catalog: an integer, of any sign where the
// alignment is global. One under score_cutoff is 0.
template <AlignmentKind kind>
struct AlignmentKernel {
  struct Parameters : AlignmentScores {
    std::optional<int64_t> score_cutoff;

    static constexpr auto Fields() {
      return std::tuple(
          ParameterField<Parameters, int64_t>("match", &Parameters::match,
                                              "Added for two equal units."),
          ParameterField<Parameters, int64_t>("mismatch", &Parameters::mismatch,
                                              "Added for two units that differ."),
          ParameterField<Parameters, int64_t>("gap_open", &Parameters::gap_open,
                                              "Added for the first unit of a gap: gap_extend or "
                                              "less."),
          ParameterField<Parameters, int64_t>("gap_extend", &Parameters::gap_extend,
                                              "Added for each further unit of a gap: 0 or less."));
    }

    absl::Status SetScoring(std::optional<double> cutoff, std::optional<double> hint) {
      for (const auto& [field, value] :
           {std::pair("scorer.score_cutoff", cutoff), std::pair("scorer.score_hint", hint)}) {
        absl::Status status = metric_internal::CheckScore(field, value, /*whole=*/true);
        if (!status.ok()) return status;
      }
      if (cutoff) score_cutoff = static_cast<int64_t>(std::min(*cutoff, 0x1p62));
      return absl::OkStatus();
    }
  };

  static constexpr DataType kResults[] = {DataType::kInt32, DataType::kInt8,    DataType::kInt16,
                                          DataType::kInt64, DataType::kFloat32, DataType::kFloat64};

  static absl::Status Validate(const Parameters& parameters) {
    const auto check = [](absl::string_view name, int64_t value, int64_t min, int64_t max) {
      if (value >= min && value <= max) return absl::OkStatus();
      return OutOfRangeError(name, absl::StrCat(min, " to ", max), absl::StrCat(value));
    };
    constexpr int64_t kMax = kAlignmentScoreMax;
    absl::Status status = check("match", parameters.match, -kMax, kMax);
    status.Update(check("mismatch", parameters.mismatch, -kMax, kMax));
    status.Update(check("gap_extend", parameters.gap_extend, -kMax, 0));
    // A gap is never better in two parts.
    status.Update(check("gap_open", parameters.gap_open, -kMax, parameters.gap_extend));
    return status;
  }

  static double Cost(size_t left, size_t right, const Parameters&) {
    return AlignmentScoreCostNs(left, right);
  }

  static int64_t Run(Text left, Text right, const Parameters& parameters, const StopToken& stop) {
    int64_t score = 0;  // stays so where the stop token is set
    RunBlock(std::span(&left, 1), std::span(&right, 1), parameters, stop, std::span(&score, 1));
    return score;
  }

  static void RunBlock(std::span<const Text> left, std::span<const Text> right,
                       const Parameters& parameters, const StopToken& stop,
                       std::span<int64_t> scores) {
    AlignmentScoreBlock(kind, left, right, parameters, scores, stop);
    if (!parameters.score_cutoff) return;
    for (int64_t& score : scores) {
      if (score < *parameters.score_cutoff) score = 0;
    }
  }
};

// The same for Cross. As 0 may be better than a score, it tells the score itself, whatever the
// cutoff.
template <AlignmentKind kind>
struct AlignmentCrossKernel : AlignmentKernel<kind> {
  using Parameters = typename AlignmentKernel<kind>::Parameters;
  using Score = int64_t;
  using Prepared = Text;

  static constexpr bool kHigherIsBetter = true;
  static double Worst(const Parameters&) { return 0; }
  static bool HasBound(const Parameters&) { return false; }
  static Score Bound(size_t, size_t, size_t, const Parameters&) { return 0; }
  static bool HasCross(const Parameters&) { return false; }
  static void Cross(std::span<const Text>, const SortedTexts&, const Parameters&, const StopToken&,
                    const TextScorer::Emit&) {}

  static Prepared Prepare(Text query, Side, const Parameters&) { return query; }
  static void RunPrepared(const Prepared& query, std::span<const Text> others,
                          const Parameters& parameters, const StopToken& stop,
                          std::span<Score> scores) {
    const std::vector<Text> queries(others.size(), query);
    AlignmentScoreBlock(kind, queries, others, parameters, scores, stop);
  }
};

// Appends the scorer to `catalog`.
template <AlignmentKind kind>
void DefineAlignment(const std::string& name, const std::string& doc,
                     std::vector<Kernel>* catalog) {
  Kernel kernel = Define<AlignmentKernel<kind>>(name, {"left", "right"}, doc);
  kernel.scorer = true;
  kernel.symmetric = true;
  kernel.bind_scorer = BindScorer<AlignmentCrossKernel<kind>>;
  catalog->push_back(std::move(kernel));
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_METRIC_H_

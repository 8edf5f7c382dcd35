#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_METRIC_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "kernels/define.h"
#include "kernels/error.h"
#include "kernels/string_distance/bound_scorer.h"
#include "kernels/string_distance/cross_block.h"
#include "kernels/string_distance/cross_scores.h"
#include "kernels/string_distance/forms.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/text.h"
#include "kernels/text_scorer.h"

// Makes the four scorers of an edit metric, `levenshtein.distance` and so on, from its distance.
//
// A metric is a struct like this, all static:
//
//   struct Parameters { ...; Fields(); };                        (kernels/parameters.h)
//   absl::Status Validate(const Parameters&)
// With default parameters, its distance is the same from left to right and from right to left.
//
//   int64_t Maximum(size_t left_units, size_t right_units, const Parameters&)
//   double Cost(size_t left_units, size_t right_units, const Parameters&)      ns for one pair
//   void Block(std::span<const Text> left, std::span<const Text> right, const Parameters&,
//              const ScoreCutoffs&, int64_t hint, const StopToken&, std::span<int64_t> distances)
//   CheckRow, ChecksRows                                          (kernels/define.h) where needed
//   int64_t DistanceBound(size_t left_units, size_t right_units, size_t common, const Parameters&)
//       where there is one: no pair of these sizes with `common` units in common, in any order, is
//       closer; -1 where parameters rule a bound out
//   void CrossBlock(std::span<const Text> queries, const SortedTexts&, const TakeTile&, StopToken),
//   bool HasCrossBlock(const Parameters&)                         (cross_block.h) where it has one
//   bool IsSymmetric(const Parameters&)                           where some parameters are not
//   Prepared, Prepare(Text, Side, const Parameters&), PreparedBytes(const Prepared&), Query(const
//   Prepared&) -> Text, PreparedBlock(const Prepared&, std::span<const Text> others, cutoffs, hint,
//   const StopToken&, distances)
//   Editops EditScript(Text left, Text right, const Parameters&, StopToken),
//   PairCost EditScriptCost(size_t left_units, size_t right_units)
//                                                                  where the metric has edits

namespace kernelserve {

enum class Form : uint8_t { kDistance, kSimilarity, kNormalizedDistance, kNormalizedSimilarity };

namespace metric_internal {

// A cutoff or hint as the wire has it: not negative, not NaN, whole where the score is.
absl::Status CheckScore(absl::string_view field, std::optional<double> value, bool whole);

}  // namespace metric_internal

template <typename Metric, Form form>
struct MetricKernel {
  static constexpr bool kWhole = form == Form::kDistance || form == Form::kSimilarity;
  using Score = std::conditional_t<kWhole, int64_t, double>;

  struct Parameters : Metric::Parameters {
    std::optional<Score> score_cutoff;
    int64_t distance_hint = kNoCutoff;

    static constexpr auto Fields() { return Metric::Parameters::Fields(); }

    absl::Status SetScoring(std::optional<double> cutoff, std::optional<double> hint) {
      for (const auto& [field, value] :
           {std::pair("scorer.score_cutoff", cutoff), std::pair("scorer.score_hint", hint)}) {
        absl::Status status = metric_internal::CheckScore(field, value, kWhole);
        if (!status.ok()) return status;
      }
      if (cutoff) {
        score_cutoff =
            kWhole ? static_cast<Score>(std::min(*cutoff, 0x1p62)) : static_cast<Score>(*cutoff);
      }
      // A hint for another form than the distance depends on the pair's lengths: not worth it.
      if (hint && form == Form::kDistance) {
        distance_hint = static_cast<int64_t>(std::min(*hint, 0x1p62));
      }
      return absl::OkStatus();
    }
  };

  static constexpr DataType kRealResults[] = {DataType::kFloat64, DataType::kFloat32};
  static constexpr std::span<const DataType> kResults =
      kWhole ? std::span<const DataType>(kWholeScoreTypes)
             : std::span<const DataType>(kRealResults);

  static absl::Status Validate(const Parameters& parameters) {
    return Metric::Validate(parameters);
  }

  static absl::Status CheckRow(Text left, Text right,
                               const Parameters& parameters) requires requires {
    &Metric::CheckRow;
  }
  { return Metric::CheckRow(left, right, parameters); }
  static bool ChecksRows(const Parameters& parameters) requires requires { &Metric::CheckRow; }
  { return Metric::ChecksRows(parameters); }

  static double Cost(size_t left, size_t right, const Parameters& parameters) {
    return Metric::Cost(left, right, parameters);
  }

  static Score Run(Text left, Text right, const Parameters& parameters, const StopToken& stop) {
    Score score = 0;  // stays so where the stop token is set
    RunBlock(std::span(&left, 1), std::span(&right, 1), parameters, stop, std::span(&score, 1));
    return score;
  }

  static void RunBlock(std::span<const Text> left, std::span<const Text> right,
                       const Parameters& parameters, const StopToken& stop,
                       std::span<Score> scores) {
    ScoreAll([&](size_t i) { return Metric::Maximum(left[i].size(), right[i].size(), parameters); },
             [&](const ScoreCutoffs& cutoffs, auto distances) {
               Metric::Block(left, right, parameters, cutoffs, parameters.distance_hint, stop,
                             distances);
             },
             parameters, scores);
  }

  static constexpr bool kHigherIsBetter =
      form == Form::kSimilarity || form == Form::kNormalizedSimilarity;
  static double Worst(const Parameters& parameters) {
    if (form == Form::kDistance && parameters.score_cutoff) {
      return static_cast<double>(*parameters.score_cutoff + 1);
    }
    return form == Form::kNormalizedDistance ? 1 : 0;
  }

  static bool IsSymmetric(const Parameters& parameters) {
    if constexpr (requires { Metric::IsSymmetric(parameters); }) {
      return Metric::IsSymmetric(parameters);
    }
    return true;
  }

  static bool HasBound(const Parameters& parameters) {
    if constexpr (requires { Metric::DistanceBound(0, 0, 0, parameters); }) {
      return Metric::DistanceBound(0, 0, 0, parameters) >= 0;
    }
    return false;
  }
  static Score Bound(size_t left, size_t right, size_t common, const Parameters& parameters) {
    if constexpr (requires { Metric::DistanceBound(left, right, common, parameters); }) {
      const int64_t distance = Metric::DistanceBound(left, right, common, parameters);
      if constexpr (form == Form::kDistance) {
        return distance;
      } else {
        return Convert::Score(Metric::Maximum(left, right, parameters), distance, kKeepAll);
      }
    }
    return 0;
  }

  static bool HasCross(const Parameters& parameters) {
    if constexpr (kHasCrossBlock) return Metric::HasCrossBlock(parameters);
    return false;
  }
  static void Cross(std::span<const Text> queries, const SortedTexts& choices,
                    const Parameters& parameters, const StopToken& stop,
                    const TextScorer::Emit& emit) {
    if constexpr (kHasCrossBlock) {
      CrossScores scores(choices.texts(), [&](size_t query_units, size_t units, size_t distance) {
        const int64_t maximum = Metric::Maximum(query_units, units, parameters);
        return static_cast<double>(
            Convert::Score(maximum, std::min<int64_t>(maximum, static_cast<int64_t>(distance)),
                           parameters.score_cutoff.value_or(kKeepAll)));
      });
      const auto take = [&](const CrossTile& tile) {
        for (size_t i = 0; i < tile.queries.size(); ++i) {
          const size_t query = tile.queries[i];
          const std::span<uint8_t> row = tile.Row(i);
          if constexpr (form == Form::kDistance) {
            const int64_t cutoff = parameters.score_cutoff.value_or(kKeepAll);
            if (cutoff < UINT8_MAX) {
              const auto over = static_cast<uint8_t>(cutoff + 1);
              for (uint8_t& distance : row) distance = std::min(distance, over);
            }
            emit(query, tile.begin, row, {});
          } else {
            emit(query, tile.begin, {}, scores.Of(queries[query].size(), tile.begin, row));
          }
        }
      };
      Metric::CrossBlock(queries, choices, take, stop);
    }
  }

  using Prepared = typename Metric::Prepared;
  static Prepared Prepare(Text query, Side side, const Parameters& parameters) {
    return Metric::Prepare(query, side, parameters);
  }
  static uint64_t PreparedBytes(const Prepared& prepared) {
    return Metric::PreparedBytes(prepared);
  }

  static void RunPrepared(const Prepared& prepared, std::span<const Text> others,
                          const Parameters& parameters, const StopToken& stop,
                          std::span<Score> scores) {
    ScoreAll([&](size_t i) { return Metric::PreparedMaximum(prepared, others[i].size()); },
             [&](const ScoreCutoffs& cutoffs, auto distances) {
               Metric::PreparedBlock(prepared, others, cutoffs, parameters.distance_hint, stop,
                                     distances);
             },
             parameters, scores);
  }

 private:
  static constexpr bool kHasCrossBlock =
      requires(std::span<const Text> queries, const SortedTexts& choices, const TakeTile& take) {
    Metric::CrossBlock(queries, choices, take, StopToken());
  };

  // Not for the distance itself.
  using Convert =
      std::conditional_t<form == Form::kSimilarity, SimilarityForm,
                         std::conditional_t<form == Form::kNormalizedDistance,
                                            NormalizedDistanceForm, NormalizedSimilarityForm>>;

  // A cutoff in this form's unit that cuts nothing off.
  static constexpr Score kKeepAll = form == Form::kDistance             ? kNoCutoff
                                    : form == Form::kNormalizedDistance ? 1
                                                                        : 0;

  // From distances to scores of this form. maximum(i) is the i-th pair's greatest distance;
  // distances(cutoffs, out) computes them all.
  template <typename MaximumOf, typename Distances>
  static void ScoreAll(const MaximumOf& maximum, const Distances& distances,
                       const Parameters& parameters, std::span<Score> scores) {
    const Score cutoff = parameters.score_cutoff.value_or(kKeepAll);
    if constexpr (form == Form::kDistance) {
      distances(ScoreCutoffs{.each = {}, .all = cutoff}, scores);
    } else {
      constexpr size_t kChunk = define_internal::kBlockRows;
      std::array<int64_t, kChunk> cutoffs;
      std::array<int64_t, kChunk> maxima;
      std::array<int64_t, kChunk> found;
      const bool keeps_all = cutoff == kKeepAll;
      for (size_t i = 0; i < scores.size(); ++i) maxima[i] = maximum(i);
      for (size_t i = 0; i < scores.size() && !keeps_all; ++i) {
        // Where the cutoff is out of reach, Score() says so whatever the distance.
        cutoffs[i] = std::max<int64_t>(0, Convert::DistanceCutoff(maxima[i], cutoff));
      }
      const std::span<const int64_t> each(cutoffs);
      distances(ScoreCutoffs{.each = each.first(keeps_all ? 0 : scores.size()), .all = kNoCutoff},
                std::span(found).first(scores.size()));
      for (size_t i = 0; i < scores.size(); ++i) {
        scores[i] = Convert::Score(maxima[i], found[i], cutoff);
      }
    }
  }
};

// Appends a metric's four scorers, KernelOf<Metric, form>, to `catalog`.
template <typename Metric, template <typename, Form> class KernelOf>
void AddForms(const std::string& name, const std::string& doc, std::vector<Kernel>* catalog) {
  const auto add = [&]<Form form>(std::integral_constant<Form, form>, const char* suffix,
                                  const char* what) ABSL_ATTRIBUTE_COLD {
    Kernel kernel = Define<KernelOf<Metric, form>>(absl::StrCat(name, ".", suffix),
                                                   {"left", "right"}, absl::StrCat(doc, what));
    kernel.scorer = true;
    kernel.symmetric = true;
    kernel.bind_scorer = BindScorer<KernelOf<Metric, form>>;
    if constexpr (requires { Metric::EditScriptCost(0, 0); }) {
      kernel.editops = DefinePairFunction<KernelOf<Metric, form>>(kernel.name, Metric::EditScript,
                                                                  Metric::EditScriptCost);
    }
    catalog->push_back(std::move(kernel));
  };
  add(std::integral_constant<Form, Form::kDistance>(), "distance", " The distance itself.");
  add(std::integral_constant<Form, Form::kSimilarity>(), "similarity",
      " As a similarity: the greatest distance of texts this long, less the distance.");
  add(std::integral_constant<Form, Form::kNormalizedDistance>(), "normalized_distance",
      " Divided by the greatest distance of texts this long: 0 to 1, 0 where they are equal.");
  add(std::integral_constant<Form, Form::kNormalizedSimilarity>(), "normalized_similarity",
      " 1 less the normalized distance: 0 to 1, 1 where they are equal.");
}

// The four scorers of a distance.
template <typename Metric>
void DefineMetric(const std::string& name, const std::string& doc, std::vector<Kernel>* catalog) {
  AddForms<Metric, MetricKernel>(name, doc, catalog);
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_METRIC_H_

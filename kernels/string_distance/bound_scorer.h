#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_BOUND_SCORER_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_BOUND_SCORER_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/define.h"
#include "kernels/kernel.h"
#include "kernels/parameters.h"
#include "kernels/text_scorer.h"

namespace kernelserve {

// The scorer K of the catalog (MetricKernel or SimilarityKernel), bound to the parameters of one
// call. Beyond what kernels/define.h asks for, K has:
//
//   static constexpr bool kHigherIsBetter
//   double Worst(const Parameters&)                   what stands for a score beyond the cutoff
//   static constexpr double kBest                     where it is neither 0 for a distance, nor 1
//                                                     for a similarity that is no whole number
//   bool HasBound(const Parameters&), double Bound(left_units, right_units, common, parameters)
//   bool IsSymmetric(const Parameters&)               where some parameters make it asymmetric
//   bool HasCross(const Parameters&), void Cross(queries, choices, parameters, stop, emit)
template <typename K>
class BoundScorer final : public TextScorer {
 public:
  using Parameters = typename K::Parameters;
  using Score = typename K::Score;

  explicit BoundScorer(Parameters parameters) : parameters_(std::move(parameters)) {}

  bool is_whole() const override { return std::is_integral_v<Score>; }
  bool higher_is_better() const override { return K::kHigherIsBetter; }
  std::optional<double> cutoff() const override {
    if (!parameters_.score_cutoff) return std::nullopt;
    return static_cast<double>(*parameters_.score_cutoff);
  }
  double worst() const override { return K::Worst(parameters_); }
  double best() const override {
    if constexpr (requires { K::kBest; }) return K::kBest;
    if (!K::kHigherIsBetter) return 0;
    return is_whole() ? std::numeric_limits<double>::infinity() : 1;
  }

  bool IsSymmetric() const override {
    if constexpr (requires { K::IsSymmetric(parameters_); }) return K::IsSymmetric(parameters_);
    return true;
  }

  bool ChecksPairs() const override {
    if constexpr (requires { K::ChecksRows(parameters_); }) return K::ChecksRows(parameters_);
    return false;
  }
  absl::Status CheckPair(Text query, Text choice) const override {
    if constexpr (requires { K::ChecksRows(parameters_); }) {
      return K::CheckRow(query, choice, parameters_);
    }
    return absl::OkStatus();
  }

  std::unique_ptr<Query> Prepare(Text text) const override {
    return std::make_unique<PreparedQuery>(text, parameters_);
  }

  void ScorePairs(std::span<const Text> queries, std::span<const Text> choices,
                  const StopToken& stop, std::span<double> scores) const override {
    EachBlock(scores, stop, [&](size_t begin, std::span<Score> some) {
      K::RunBlock(queries.subspan(begin, some.size()), choices.subspan(begin, some.size()),
                  parameters_, stop, some);
    });
  }

  double CostNs(size_t query_units, size_t choice_units) const override {
    return K::Cost(query_units, choice_units, parameters_);
  }

  bool HasBound() const override { return K::HasBound(parameters_); }
  double Bound(size_t query_units, size_t choice_units, size_t common) const override {
    return static_cast<double>(K::Bound(query_units, choice_units, common, parameters_));
  }

  bool HasCross() const override { return K::HasCross(parameters_); }
  void Cross(std::span<const Text> queries, const SortedTexts& choices, const StopToken& stop,
             const Emit& emit) const override {
    K::Cross(queries, choices, parameters_, stop, emit);
  }

 private:
  // Calls run(begin, some) for each block of `scores`, as K's scores.
  template <typename Run>
  static void EachBlock(std::span<double> scores, const StopToken& stop, const Run& run) {
    constexpr size_t kBlock = define_internal::kBlockRows;
    std::array<Score, kBlock> some;
    for (size_t i = 0; i < scores.size() && !stop.stopped(); i += kBlock) {
      const auto now = std::span(some).first(std::min(kBlock, scores.size() - i));
      run(i, now);
      std::copy(now.begin(), now.end(), scores.begin() + static_cast<ptrdiff_t>(i));
    }
  }

  class PreparedQuery final : public Query {
   public:
    PreparedQuery(Text text, const Parameters& parameters)
        : prepared_(K::Prepare(text, Side::kLeft, parameters)), parameters_(parameters) {}

    void Score(std::span<const Text> choices, std::optional<double> cutoff, const StopToken& stop,
               std::span<double> scores) const override {
      Parameters parameters = parameters_;
      // A cutoff that the scorer gave as a score is one that it takes.
      if (cutoff) parameters.SetScoring(cutoff, std::nullopt).IgnoreError();
      EachBlock(
          scores.first(choices.size()), stop, [&](size_t begin, std::span<typename K::Score> some) {
            K::RunPrepared(prepared_, choices.subspan(begin, some.size()), parameters, stop, some);
          });
    }

   private:
    const typename K::Prepared prepared_;
    const Parameters& parameters_;
  };

  const Parameters parameters_;
};

// Binds K to what a call says of its scorer.
template <typename K>
absl::StatusOr<std::unique_ptr<TextScorer>> BindScorer(const Binding& binding) {
  typename K::Parameters parameters;
  absl::Status status = define_internal::BindParameters<K>("", binding, &parameters);
  if (!status.ok()) return status;
  return std::make_unique<BoundScorer<K>>(std::move(parameters));
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_BOUND_SCORER_H_

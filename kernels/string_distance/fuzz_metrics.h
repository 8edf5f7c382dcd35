#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_FUZZ_METRICS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_FUZZ_METRICS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "kernels/define.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/alignment.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/string_distance/partial_ratio.h"
#include "kernels/string_distance/partial_ratio_alignment.h"
#include "kernels/string_distance/ratio_queue.h"
#include "kernels/string_distance/similarity_metric.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/string_distance/token_ratio.h"
#include "kernels/string_distance/tokens.h"
#include "kernels/text.h"

// FuzzyWuzzy's scorers, 0 to 100, as RapidFuzz has them: fuzz.ratio and its kin, as metrics of
// similarity_metric.h.

namespace kernelserve {

struct FuzzMetric {
  static constexpr double kMost = 100;
  struct Parameters {
    static constexpr auto Fields() { return std::tuple<>(); }
  };
  static absl::Status Validate(const Parameters&) { return absl::OkStatus(); }
};

// What ratios of whole texts have in common: they differ where a text is empty only, which a bound
// need not know and a block of queries and choices does not have on both sides.
struct RatioMetric : FuzzMetric {
  static double SimilarityBound(size_t left, size_t right, size_t common, const Parameters&) {
    return RatioOf(Indel::Maximum(left, right) - 2 * static_cast<int64_t>(common), left + right);
  }
  static void Cross(std::span<const Text> queries, const SortedTexts& choices, const Parameters&,
                    double cutoff, StopToken stop, const CrossEmit& emit);
};

struct FuzzRatio : RatioMetric {
  static double CostNs(size_t left, size_t right, const Parameters&) {
    return RatioCostNs(left, right);
  }
  static void Block(TextColumn left, std::span<const Text> right, const Parameters&, double cutoff,
                    std::span<double> scores, StopToken stop);
};

// The ratio, but 0 where either text is empty.
struct FuzzQRatio : RatioMetric {
  static double CostNs(size_t left, size_t right, const Parameters&) {
    return RatioCostNs(left, right);
  }
  static void Block(TextColumn left, std::span<const Text> right, const Parameters& parameters,
                    double cutoff, std::span<double> scores, StopToken stop);
};

struct FuzzPartialRatio : FuzzMetric {
  static double CostNs(size_t left, size_t right, const Parameters&) {
    return PartialRatioCostNs(left, right);
  }
  static void Block(TextColumn left, std::span<const Text> right, const Parameters&, double cutoff,
                    std::span<double> scores, StopToken stop);

  static Alignment Align(Text left, Text right, StopToken stop) {
    return PartialRatioAlignment(left, right, stop);
  }
  static PairCost AlignCost(size_t left, size_t right) {
    return PartialRatioAlignmentCost(left, right);
  }
};

// Splitting, sorting and joining words.
double TokensCostNs(size_t left, size_t right);

// A scorer of words, from a class of token_ratio.h: all distances of a block are computed at once.
template <class Scorer>
struct FuzzTokens : FuzzMetric {
  static double CostNs(size_t left, size_t right, const Parameters&) {
    return TokensCostNs(left, right) + 2 * RatioCostNs(left, right);
  }
  static void Block(TextColumn left, std::span<const Text> right, const Parameters&, double cutoff,
                    std::span<double> scores, StopToken stop) {
    TextArena arena;
    TokenPair tokens(&arena);
    RatioQueue queue(scores.size(), stop);
    std::vector<Scorer> scorers;
    scorers.reserve(scores.size());
    for (size_t i = 0; i < scores.size(); ++i) {
      if (stop.stopped()) return;
      tokens.Set(left[i], right[i]);
      scorers.emplace_back(&tokens, cutoff, &queue);
    }
    queue.Run();
    if (stop.stopped()) return;
    for (size_t i = 0; i < scores.size(); ++i) {
      const double score = scorers[i].Score(queue);
      scores[i] = score >= cutoff ? score : 0;
    }
  }
};

// A partial scorer of words, from a function of token_ratio.h.
template <double (*score)(TokenPair*, StopToken)>
struct FuzzPartialTokens : FuzzMetric {
  static double CostNs(size_t left, size_t right, const Parameters&) {
    return TokensCostNs(left, right) + 2 * PartialRatioCostNs(left, right);
  }
  static void Block(TextColumn left, std::span<const Text> right, const Parameters&, double cutoff,
                    std::span<double> scores, StopToken stop) {
    TextArena arena;
    TokenPair tokens(&arena);
    for (size_t i = 0; i < scores.size() && !stop.stopped(); ++i) {
      tokens.Set(left[i], right[i]);
      const double found = score(&tokens, stop);
      scores[i] = found >= cutoff ? found : 0;
    }
  }
};

// The greatest of several, each by a weight: the ratio; and of texts of about the same size, that
// of their words; of others, the partial ones. 0 where either text is empty.
class WRatio {
 public:
  WRatio(TokenPair* tokens, double cutoff, RatioQueue* queue);
  double Score(const RatioQueue& queue) const;

 private:
  double known_ = 0;  // of the partial ones
  std::optional<size_t> ratio_;
  std::optional<TokenRatio> token_;
};

struct FuzzWRatio : FuzzTokens<WRatio> {
  static double CostNs(size_t left, size_t right, const Parameters&);
};

// Appends the scorer to `catalog`.
template <class Metric>
ABSL_ATTRIBUTE_COLD void DefineFuzz(const std::string& name, const std::string& doc,
                                    std::vector<Kernel>* catalog) {
  using Similarity = SimilarityKernel<Metric, Form::kSimilarity>;
  Kernel kernel = Define<Similarity>(name, {"left", "right"}, doc);
  kernel.scorer = true;
  kernel.symmetric = true;
  kernel.bind_scorer = BindScorer<Similarity>;
  if constexpr (requires { &Metric::Align; }) {
    kernel.align = DefinePairFunction<Similarity>(
        name,
        [](Text left, Text right, const typename Similarity::Parameters& parameters,
           StopToken stop) -> std::optional<Alignment> {
          Alignment found = Metric::Align(left, right, stop);
          if (found.score < parameters.score_cutoff.value_or(0)) return std::nullopt;
          return found;
        },
        Metric::AlignCost);
  }
  catalog->push_back(std::move(kernel));
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_FUZZ_METRICS_H_

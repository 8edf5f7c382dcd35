#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_FUZZ_METRICS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_FUZZ_METRICS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "kernels/define.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/alignment.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/string_distance/partial_ratio.h"
#include "kernels/string_distance/partial_ratio_alignment.h"
#include "kernels/string_distance/ratio_queue.h"
#include "kernels/string_distance/similarity_metric.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/string_distance/token_ratio.h"
#include "kernels/string_distance/tokens.h"
#include "kernels/text.h"

// FuzzyWuzzy's scorers, 0 to 100, as RapidFuzz has them: fuzz.ratio and its kin.
//
// Each is a class for one pair: its constructor adds to a RatioQueue the distances that it needs,
// Score() makes a score of them. So a block of pairs has all its distances computed at once.

namespace kernelserve {

class Ratio {
 public:
  Ratio(Text left, Text right, RatioQueue* queue, TextArena*, StopToken)
      : place_(queue->Add(left, right)) {}
  double Score(const RatioQueue& queue) const { return queue.Ratio(place_); }
  static double CostNs(size_t left, size_t right) { return Indel::CostNs(left, right) + 10; }

 private:
  size_t place_;
};

// Ratio, but 0 where either text is empty.
class QRatio {
 public:
  QRatio(Text left, Text right, RatioQueue* queue, TextArena* arena, StopToken stop) {
    if (!left.empty() && !right.empty()) ratio_.emplace(left, right, queue, arena, stop);
  }
  double Score(const RatioQueue& queue) const { return ratio_ ? ratio_->Score(queue) : 0; }
  static double CostNs(size_t left, size_t right) { return Ratio::CostNs(left, right); }

 private:
  std::optional<Ratio> ratio_;
};

class FuzzPartialRatio : public PartialRatio {
 public:
  FuzzPartialRatio(Text left, Text right, RatioQueue* queue, TextArena*, StopToken stop)
      : PartialRatio(left, right, queue, stop) {}

  static Alignment Align(Text left, Text right, StopToken stop) {
    return PartialRatioAlignment(left, right, stop);
  }
  static PairCost AlignCost(size_t left, size_t right) {
    return PartialRatioAlignmentCost(left, right);
  }
};

// What splitting, sorting and joining words takes.
inline double TokensCostNs(size_t left, size_t right) {
  constexpr double kPairNs = 150;
  constexpr double kUnitNs = 5;
  return kPairNs + kUnitNs * static_cast<double>(left + right);
}

// A scorer of words (token_ratio.h), from texts.
template <class OfTokens>
class FuzzTokens {
 public:
  FuzzTokens(Text left, Text right, RatioQueue* queue, TextArena* arena, StopToken stop)
      : of_tokens_(Make(TokenPair(left, right), queue, arena, stop)) {}
  double Score(const RatioQueue& queue) const { return of_tokens_.Score(queue); }
  static double CostNs(size_t left, size_t right) {
    const double compared_ns =
        kIsPartial ? 2 * PartialRatio::CostNs(left, right) : 2 * Ratio::CostNs(left, right);
    return TokensCostNs(left, right) + compared_ns;
  }

 private:
  static constexpr bool kIsPartial =
      std::is_constructible_v<OfTokens, const TokenPair&, RatioQueue*, TextArena*, StopToken>;

  static OfTokens Make(const TokenPair& tokens, RatioQueue* queue, TextArena* arena,
                       StopToken stop) {
    if constexpr (kIsPartial) {
      return OfTokens(tokens, queue, arena, stop);
    } else {
      return OfTokens(tokens, queue, arena);
    }
  }

  OfTokens of_tokens_;
};

// The greatest of several, each by a weight: the ratio; and of texts of about the same size, that
// of their words; of others, the partial ones. 0 where either text is empty.
class WRatio {
 public:
  WRatio(Text left, Text right, RatioQueue* queue, TextArena* arena, StopToken stop);
  double Score(const RatioQueue& queue) const;
  static double CostNs(size_t left, size_t right);

 private:
  std::optional<size_t> ratio_;
  std::optional<TokenRatio> token_;
  std::optional<PartialRatio> partial_;
  std::optional<PartialTokenRatio> partial_token_;
  double partial_weight_ = 0;
};

// One of the above as a metric of similarity_metric.h.
template <class Scorer>
struct FuzzMetric {
  struct Parameters {
    static constexpr auto Fields() { return std::tuple<>(); }
  };

  static absl::Status Validate(const Parameters&) { return absl::OkStatus(); }
  static double CostNs(size_t left, size_t right, const Parameters&) {
    return Scorer::CostNs(left, right);
  }

  static void Block(TextColumn left, std::span<const Text> right, const Parameters&, double cutoff,
                    std::span<double> scores, StopToken stop) {
    RatioQueue queue;
    TextArena arena;
    std::vector<Scorer> scorers;
    scorers.reserve(scores.size());
    for (size_t i = 0; i < scores.size(); ++i) {
      if (stop.stopped()) return;
      scorers.emplace_back(left[i], right[i], &queue, &arena, stop);
    }
    queue.Run(stop);
    if (stop.stopped()) return;
    for (size_t i = 0; i < scores.size(); ++i) {
      const double score = scorers[i].Score(queue);
      scores[i] = score >= cutoff ? score : 0;
    }
  }
};

// Appends the scorer to `catalog`.
template <class Scorer>
void DefineFuzz(const std::string& name, const std::string& doc, std::vector<Kernel>* catalog) {
  using Similarity = SimilarityKernel<FuzzMetric<Scorer>, Form::kSimilarity>;
  Kernel kernel = Define<Similarity>(name, {"left", "right"}, doc);
  kernel.scorer = true;
  kernel.symmetric = true;
  if constexpr (requires { &Scorer::Align; }) {
    kernel.align = DefinePairFunction<Similarity>(
        name,
        [](Text left, Text right, const typename Similarity::Parameters& parameters,
           StopToken stop) -> std::optional<Alignment> {
          Alignment found = Scorer::Align(left, right, stop);
          if (found.score < parameters.score_cutoff.value_or(0)) return std::nullopt;
          return found;
        },
        Scorer::AlignCost);
  }
  catalog->push_back(std::move(kernel));
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_FUZZ_METRICS_H_

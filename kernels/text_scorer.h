#ifndef KERNELSERVE_KERNELS_TEXT_SCORER_H_
#define KERNELSERVE_KERNELS_TEXT_SCORER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "absl/status/status.h"
#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

class SortedTexts;

// A scorer with the parameters of one call, over texts that are at hand: what comparing queries
// with choices is made of. Scores are doubles, which hold every distance there is. Immutable; any
// number of threads may use it at the same time.
class TextScorer {
 public:
  // A query, with what was prepared for it: used by one thread.
  class Query {
   public:
    virtual ~Query() = default;
    // Sets scores[i] to the score with choices[i], under the scorer's cutoff or, where one is
    // given, under that. Ends early, with anything in `scores`, once `stop` is set.
    virtual void Score(std::span<const Text> choices, std::optional<double> cutoff,
                       const StopToken& stop, std::span<double> scores) const = 0;
  };

  virtual ~TextScorer() = default;

  // Whether the scores are whole numbers.
  virtual bool is_whole() const = 0;
  // Whether 1 is better than 0.
  virtual bool higher_is_better() const = 0;
  virtual std::optional<double> cutoff() const = 0;
  // What stands for a score that is worse than the cutoff.
  virtual double worst() const = 0;
  // No score is better; infinite where longer texts have better ones.
  virtual double best() const = 0;

  // Whether f(a, b) = f(b, a) with these parameters.
  virtual bool IsSymmetric() const = 0;

  // Whether there are pairs that have no score, which CheckPair() tells.
  virtual bool ChecksPairs() const = 0;
  virtual absl::Status CheckPair(Text query, Text choice) const = 0;

  // `text` stays where it is.
  virtual std::unique_ptr<Query> Prepare(Text text) const = 0;

  // Sets scores[i] to the score of queries[i] with choices[i], under the scorer's cutoff: what
  // preparing each query would give, at once. Ends early, with anything in `scores`, once `stop` is
  // set.
  virtual void ScorePairs(std::span<const Text> queries, std::span<const Text> choices,
                          const StopToken& stop, std::span<double> scores) const = 0;

  // Estimated nanoseconds of one score.
  virtual double CostNs(size_t query_units, size_t choice_units) const = 0;

  // A score that no pair of these sizes surpasses that has `common` units in common, in any order:
  // monotonic in `common`. Where HasBound() is true.
  virtual bool HasBound() const = 0;
  virtual double Bound(size_t query_units, size_t choice_units, size_t common) const = 0;

  // Where HasCross() is true, all scores of a block at once (kernels/string_distance/cross_block.h,
  // whose limits apply): calls emit, in any order, with the scores of a query with some of
  // choices.texts(), the first at place `begin`, either as bytes or as doubles; the other span is
  // empty. Those with choices that are too_long() mean nothing.
  virtual bool HasCross() const = 0;
  using Emit = std::function<void(size_t query, size_t begin, std::span<const uint8_t> distances,
                                  std::span<const double> scores)>;
  virtual void Cross(std::span<const Text> queries, const SortedTexts& choices,
                     const StopToken& stop, const Emit& emit) const = 0;

  bool IsBetter(double a, double b) const { return higher_is_better() ? a > b : a < b; }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_TEXT_SCORER_H_

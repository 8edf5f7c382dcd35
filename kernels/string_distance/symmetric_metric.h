#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_SYMMETRIC_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SYMMETRIC_METRIC_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>

#include "absl/status/status.h"
#include "kernels/define.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/cross_block.h"
#include "kernels/string_distance/editops.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

namespace kernelserve {

// A metric of the catalog (kernels/string_distance/metric.h) from a distance without parameters,
// that is the same from left to right and from right to left: Osa and the like.
template <class Distance>
struct SymmetricMetric {
  static constexpr bool kHasEdits = requires { &Distance::EditScript; };

  struct Parameters {
    static constexpr auto Fields() { return std::tuple<>(); }
  };
  static absl::Status Validate(const Parameters&) { return absl::OkStatus(); }
  static int64_t Maximum(size_t left, size_t right, const Parameters&) {
    return Distance::Maximum(left, right);
  }
  static double Cost(size_t left, size_t right, const Parameters&) {
    return Distance::CostNs(left, right);
  }
  static void Block(std::span<const Text> left, std::span<const Text> right, const Parameters&,
                    const ScoreCutoffs& cutoffs, int64_t /*hint*/, const StopToken& stop,
                    std::span<int64_t> distances) {
    Distance::Block(TextColumn(left), right, cutoffs, distances, stop);
  }

  static int64_t DistanceBound(size_t left, size_t right, size_t common, const Parameters&) {
    return Distance::Maximum(left, right) - Distance::kCommonUnit * static_cast<int64_t>(common);
  }
  static bool HasCrossBlock(const Parameters&) { return kernelserve::HasCrossBlock(); }
  static void CrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                         const TakeTile& take, StopToken stop) requires requires {
    &Distance::CrossBlock;
  }
  { Distance::CrossBlock(queries, choices, take, stop); }

  struct Prepared {
    Text query;
  };
  static Prepared Prepare(Text query, Side, const Parameters&) { return {query}; }
  static uint64_t PreparedBytes(const Prepared&) { return 0; }
  static int64_t PreparedMaximum(const Prepared& prepared, size_t other) {
    return Distance::Maximum(prepared.query.size(), other);
  }
  static void PreparedBlock(const Prepared& prepared, std::span<const Text> others,
                            const ScoreCutoffs& cutoffs, int64_t /*hint*/, const StopToken& stop,
                            std::span<int64_t> distances) {
    Distance::Block(TextColumn(&prepared.query), others, cutoffs, distances, stop);
  }

  static Editops EditScript(Text left, Text right, const Parameters&,
                            StopToken stop) requires kHasEdits {
    return Distance::EditScript(left, right, stop);
  }
  static PairCost EditScriptCost(size_t left, size_t right) requires kHasEdits {
    return Distance::EditScriptCost(left, right);
  }
};

// Calls distance(left[i], right[i], cutoff) for each pair, until `stop` is set: a Block that has no
// better way.
template <typename DistanceOf>
void EachPair(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
              std::span<int64_t> out, StopToken stop, const DistanceOf& distance) {
  for (size_t i = 0; i < out.size() && !stop.stopped(); ++i) {
    out[i] = distance(left[i], right[i], cutoffs[i]);
  }
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_SYMMETRIC_METRIC_H_

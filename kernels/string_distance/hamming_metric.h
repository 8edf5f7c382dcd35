#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_HAMMING_METRIC_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_HAMMING_METRIC_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "kernels/define.h"
#include "kernels/error.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/hamming.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/text_column.h"
#include "kernels/text.h"

namespace kernelserve {

// Hamming's distance as a metric of the catalog (kernels/string_distance/metric.h).
struct HammingMetric {
  struct Parameters {
    bool pad = true;

    static constexpr auto Fields() {
      return std::tuple(ParameterField(
          "pad", &Parameters::pad,
          "Whether what the longer text has more counts as different; else it is an error."));
    }
  };

  static absl::Status Validate(const Parameters&) { return absl::OkStatus(); }

  static bool ChecksRows(const Parameters& parameters) { return !parameters.pad; }
  static absl::Status CheckRow(Text left, Text right, const Parameters&) {
    if (left.size() == right.size()) return absl::OkStatus();
    const std::string bound = absl::StrCat(left.size());
    const std::string value = absl::StrCat(right.size());
    return MakeError(absl::StatusCode::kInvalidArgument,
                     {.reason = "ROW_FAILED", .field = "right", .bound = bound, .value = value},
                     absl::StrCat("left has ", bound, " units and right has ", value,
                                  ", expected the same number where pad is false"));
  }

  static int64_t Maximum(size_t left, size_t right, const Parameters&) {
    return static_cast<int64_t>(std::max(left, right));
  }

  static int64_t DistanceBound(size_t left, size_t right, size_t common, const Parameters&) {
    return static_cast<int64_t>(std::max(left, right) - common);
  }

  static double Cost(size_t left, size_t right, const Parameters&) {
    return HammingCostNs(left, right);
  }

  static void Block(std::span<const Text> left, std::span<const Text> right, const Parameters&,
                    const ScoreCutoffs& cutoffs, int64_t /*hint*/, const StopToken& stop,
                    std::span<int64_t> distances) {
    HammingBlock(TextColumn(left), right, cutoffs, distances, stop);
  }

  struct Prepared {
    Text query;
  };
  static Prepared Prepare(Text query, Side, const Parameters&) { return {query}; }
  static uint64_t PreparedBytes(const Prepared&) { return 0; }
  static int64_t PreparedMaximum(const Prepared& prepared, size_t other) {
    return static_cast<int64_t>(std::max(prepared.query.size(), other));
  }
  static void PreparedBlock(const Prepared& prepared, std::span<const Text> others,
                            const ScoreCutoffs& cutoffs, int64_t /*hint*/, const StopToken& stop,
                            std::span<int64_t> distances) {
    HammingBlock(TextColumn(&prepared.query), others, cutoffs, distances, stop);
  }

  static Editops EditScript(Text left, Text right, const Parameters&, StopToken) {
    return HammingEditops(left, right);
  }
  static PairCost EditScriptCost(size_t left, size_t right) {
    return HammingEditopsCost(left, right);
  }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_HAMMING_METRIC_H_

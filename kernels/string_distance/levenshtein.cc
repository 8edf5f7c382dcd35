#include "kernels/string_distance/levenshtein.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/long_distance.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

// The algorithms, by the weights they are for.
enum class Method : uint8_t {
  kFree,     // insertion and deletion cost nothing, and so does everything
  kUniform,  // a multiple of the distance with unit weights
  kIndel,    // substituting never beats deleting and inserting: a multiple of the indel distance
  kGeneral,
};

Method MethodFor(const LevenshteinWeights& weights) {
  if (weights.insertion != weights.deletion) return Method::kGeneral;
  if (weights.insertion == 0) return Method::kFree;
  if (weights.substitution == weights.insertion) return Method::kUniform;
  if (weights.substitution >= 2 * weights.insertion) return Method::kIndel;
  return Method::kGeneral;
}

// ceil(a / b), for a >= 0 and b > 0.
int64_t CeilDivide(int64_t a, int64_t b) { return a / b + (a % b != 0); }

// --- Uniform weights of 1 ---

void UnitBlock(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
               int64_t hint, std::span<int64_t> out, StopToken stop) {
  LevenshteinShortBlock(left, right, cutoffs, out, stop);
  LongDistance(LongDistance::Metric::kLevenshtein, stop).Block(left, right, cutoffs, out, hint);
}

// --- Any weights ---

// Wagner and Fischer, "The string-to-string correction problem" (1974), a row at a time.
int64_t GeneralDistance(Text left, Text right, LevenshteinWeights weights, StopToken stop) {
  StripCommonAffix(&left, &right);
  if (left.size() > right.size()) {
    std::swap(left, right);
    std::swap(weights.insertion, weights.deletion);
  }
  std::vector<int64_t> column(left.size() + 1);
  for (size_t i = 0; i < column.size(); ++i) {
    column[i] = static_cast<int64_t>(i) * weights.deletion;
  }
  StepPoll poll(stop);
  left.Visit([&](auto a) {
    right.Visit([&](auto b) {
      for (const auto unit : b) {
        int64_t diagonal = column[0];
        column[0] += weights.insertion;
        for (size_t i = 0; i < a.size();) {
          const size_t end = std::min(a.size(), i + StepPoll::kStepsBetween);
          const size_t steps = end - i;
          for (; i < end; ++i) {
            const int64_t changed =
                std::min({column[i] + weights.deletion, column[i + 1] + weights.insertion,
                          diagonal + weights.substitution});
            const int64_t cell = a[i] == unit ? diagonal : changed;
            diagonal = std::exchange(column[i + 1], cell);
          }
          if (poll.Stopped(steps)) return;
        }
      }
    });
  });
  return column.back();
}

bool LengthsExceed(size_t left, size_t right, const LevenshteinWeights& weights, int64_t cutoff) {
  const int64_t least = left > right ? static_cast<int64_t>(left - right) * weights.deletion
                                     : static_cast<int64_t>(right - left) * weights.insertion;
  return least > cutoff;
}

// One pair by any method but kUniform.
int64_t OtherDistance(Method method, Text left, Text right, const LevenshteinWeights& weights,
                      int64_t cutoff, StopToken stop) {
  if (method == Method::kFree) return 0;
  if (LengthsExceed(left.size(), right.size(), weights, cutoff)) return cutoff + 1;
  if (method == Method::kGeneral) {
    return WithCutoff(GeneralDistance(left, right, weights, stop), cutoff);
  }
  int64_t distance;
  Indel::Block(TextColumn(&left), std::span(&right, 1),
               {.each = {}, .all = CeilDivide(cutoff, weights.insertion)}, std::span(&distance, 1),
               stop);
  return WithCutoff(distance * weights.insertion, cutoff);
}

// Calls unit_block(cutoffs), which fills `out` with distances at weights of 1, for a cutoff and
// results at weights of `weight`.
template <typename UnitBlock>
void ScaleUniform(int64_t weight, const ScoreCutoffs& cutoffs, std::span<int64_t> out,
                  UnitBlock&& unit_block) {
  if (weight == 1) return unit_block(cutoffs);
  std::vector<int64_t> unit_cutoffs(cutoffs.each.begin(), cutoffs.each.end());
  for (int64_t& cutoff : unit_cutoffs) cutoff = CeilDivide(cutoff, weight);
  unit_block(ScoreCutoffs{unit_cutoffs, CeilDivide(cutoffs.all, weight)});
  for (size_t i = 0; i < out.size(); ++i) out[i] = WithCutoff(out[i] * weight, cutoffs[i]);
}

int64_t UnitHint(int64_t hint, int64_t weight) {
  return hint == LevenshteinOptions::kNone ? hint : CeilDivide(hint, weight);
}

}  // namespace

absl::Status CheckLevenshteinWeights(const LevenshteinWeights& weights) {
  for (const auto& [name, weight] :
       {std::pair("insertion", weights.insertion), std::pair("deletion", weights.deletion),
        std::pair("substitution", weights.substitution)}) {
    if (weight >= 0 && weight <= kLevenshteinWeightMax) continue;
    const std::string bound = absl::StrCat("0 to ", kLevenshteinWeightMax);
    const std::string value = absl::StrCat(weight);
    return MakeError(absl::StatusCode::kOutOfRange,
                     {.reason = "OUT_OF_RANGE", .field = "weights", .bound = bound, .value = value},
                     absl::StrCat("the weight of ", name, " is ", value, ", expected ", bound));
  }
  return absl::OkStatus();
}

int64_t LevenshteinMaximum(size_t left_size, size_t right_size, const LevenshteinWeights& weights) {
  const auto left = static_cast<int64_t>(left_size);
  const auto right = static_cast<int64_t>(right_size);
  // Everything out and everything in; or substitutions, and the rest of the longer one.
  const int64_t replaced = left * weights.deletion + right * weights.insertion;
  const int64_t substituted =
      std::min(left, right) * weights.substitution +
      (left > right ? (left - right) * weights.deletion : (right - left) * weights.insertion);
  return std::min(replaced, substituted);
}

int64_t LevenshteinDistance(Text left, Text right, const LevenshteinOptions& options,
                            StopToken stop) {
  int64_t distance;
  LevenshteinBlock(std::span(&left, 1), std::span(&right, 1), options, {}, std::span(&distance, 1),
                   stop);
  return distance;
}

void LevenshteinBlock(std::span<const Text> left, std::span<const Text> right,
                      const LevenshteinOptions& options, std::span<const int64_t> cutoffs,
                      std::span<int64_t> out, StopToken stop) {
  const ScoreCutoffs all_cutoffs = {cutoffs, options.score_cutoff};
  const Method method = MethodFor(options.weights);
  if (method != Method::kUniform) {
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = OtherDistance(method, left[i], right[i], options.weights, all_cutoffs[i], stop);
    }
    return;
  }
  const int64_t weight = options.weights.insertion;
  ScaleUniform(weight, all_cutoffs, out, [&](const ScoreCutoffs& unit_cutoffs) {
    UnitBlock(TextColumn(left), right, unit_cutoffs, UnitHint(options.score_hint, weight), out,
              stop);
  });
}

int64_t PreparedLevenshtein::Distance(Text choice, int64_t score_cutoff, int64_t score_hint,
                                      StopToken stop) const {
  int64_t distance;
  Block(std::span(&choice, 1), score_cutoff, score_hint, {}, std::span(&distance, 1), stop);
  return distance;
}

void PreparedLevenshtein::Block(std::span<const Text> choices, int64_t score_cutoff,
                                int64_t score_hint, std::span<const int64_t> cutoffs,
                                std::span<int64_t> out, StopToken stop) const {
  const ScoreCutoffs all_cutoffs = {cutoffs, score_cutoff};
  const Method method = MethodFor(weights_);
  if (method != Method::kUniform) {
    for (size_t i = 0; i < out.size() && !stop.stopped(); ++i) {
      out[i] = OtherDistance(method, query_, choices[i], weights_, all_cutoffs[i], stop);
    }
    return;
  }
  const int64_t weight = weights_.insertion;
  ScaleUniform(weight, all_cutoffs, out, [&](const ScoreCutoffs& unit_cutoffs) {
    UnitBlock(TextColumn(&query_), choices, unit_cutoffs, UnitHint(score_hint, weight), out, stop);
  });
}

// Fitted to levenshtein_benchmark.cc.
int64_t LevenshteinCostNs(size_t left_size, size_t right_size, const LevenshteinOptions& options) {
  constexpr double kWordNs = 2.5;
  constexpr double kCellNs = 1.5;
  constexpr double kPairNs = 10;
  const auto m = static_cast<double>(std::min(left_size, right_size));
  const auto n = static_cast<double>(std::max(left_size, right_size));
  double ns = kPairNs;
  switch (MethodFor(options.weights)) {
    case Method::kFree:
      break;
    case Method::kUniform:
      ns = LongDistanceCostNs(left_size, right_size, kWordNs,
                              static_cast<double>(options.score_cutoff) /
                                  static_cast<double>(options.weights.insertion));
      break;
    case Method::kIndel:
      ns = Indel::CostNs(left_size, right_size);
      break;
    case Method::kGeneral:
      ns += n * m * kCellNs;
      break;
  }
  constexpr double kMost = 0x1p62;
  return static_cast<int64_t>(std::min(ns, kMost));
}

}  // namespace kernelserve

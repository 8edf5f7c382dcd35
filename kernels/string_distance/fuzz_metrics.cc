#include "kernels/string_distance/fuzz_metrics.h"

#include <algorithm>

namespace kernelserve {
namespace {

constexpr double kTokenWeight = 0.95;
// Texts of sizes this far apart are compared by parts.
constexpr double kPartialFrom = 1.5;
// Beyond this, parts say less.
constexpr double kFarApart = 8;

double SizeRatio(size_t left, size_t right) {
  return static_cast<double>(std::max(left, right)) / static_cast<double>(std::min(left, right));
}

}  // namespace

WRatio::WRatio(Text left, Text right, RatioQueue* queue, TextArena* arena, StopToken stop) {
  if (left.empty() || right.empty()) return;
  ratio_ = queue->Add(left, right);
  const double size_ratio = SizeRatio(left.size(), right.size());
  const TokenPair tokens(left, right);
  if (size_ratio < kPartialFrom) {
    token_.emplace(tokens, queue, arena);
  } else {
    partial_weight_ = size_ratio <= kFarApart ? 0.9 : 0.6;
    partial_.emplace(left, right, queue, stop);
    partial_token_.emplace(tokens, queue, arena, stop);
  }
}

double WRatio::Score(const RatioQueue& queue) const {
  if (!ratio_) return 0;
  double score = queue.Ratio(*ratio_);
  if (token_) score = std::max(score, token_->Score(queue) * kTokenWeight);
  if (partial_) score = std::max(score, partial_->Score(queue) * partial_weight_);
  if (partial_token_) {
    score = std::max(score, partial_token_->Score(queue) * kTokenWeight * partial_weight_);
  }
  return score;
}

double WRatio::CostNs(size_t left, size_t right) {
  const double words_ns = TokensCostNs(left, right);
  if (left == 0 || right == 0) return words_ns;
  if (SizeRatio(left, right) < kPartialFrom) return words_ns + 3 * Ratio::CostNs(left, right);
  return words_ns + 3 * PartialRatio::CostNs(left, right);
}

}  // namespace kernelserve

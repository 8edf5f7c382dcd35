#include "kernels/string_distance/fuzz_metrics.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "kernels/string_distance/cross_scores.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/score_cutoffs.h"

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

// So many that lanes of every size are filled.
constexpr size_t kPairsAtOnce = 512;

}  // namespace

void RatioMetric::Cross(std::span<const Text> queries, const SortedTexts& choices,
                        const Parameters&, double cutoff, StopToken stop, const CrossEmit& emit) {
  CrossScores scores(choices.texts(), [&](size_t query_units, size_t units, size_t distance) {
    const double score = RatioOf(static_cast<int64_t>(distance), query_units + units);
    return score >= cutoff ? score : 0;
  });
  IndelCrossBlock(
      queries, choices,
      [&](const CrossTile& tile) {
        for (size_t i = 0; i < tile.queries.size(); ++i) {
          const size_t query = tile.queries[i];
          emit(query, tile.begin, scores.Of(queries[query].size(), tile.begin, tile.Row(i)));
        }
      },
      stop);
}

void FuzzRatio::Block(TextColumn left, std::span<const Text> right, const Parameters&,
                      double cutoff, std::span<double> scores, StopToken stop) {
  const bool has_cutoff = cutoff > 0;
  std::array<int64_t, kPairsAtOnce> cutoffs;
  std::array<int64_t, kPairsAtOnce> distances;
  for (size_t begin = 0; begin < scores.size() && !stop.stopped(); begin += kPairsAtOnce) {
    const size_t count = std::min(kPairsAtOnce, scores.size() - begin);
    const auto units = [&](size_t i) { return left[begin + i].size() + right[begin + i].size(); };
    for (size_t i = 0; i < count && has_cutoff; ++i) {
      cutoffs[i] = std::max<int64_t>(0, RatioDistanceCutoff(units(i), cutoff));
    }
    Indel::Block(left.From(begin), right.subspan(begin, count),
                 {.each = std::span(cutoffs).first(has_cutoff ? count : 0), .all = kNoCutoff},
                 std::span(distances).first(count), stop);
    for (size_t i = 0; i < count; ++i) {
      const double score = RatioOf(distances[i], units(i));
      scores[begin + i] = score >= cutoff ? score : 0;
    }
  }
}

void FuzzQRatio::Block(TextColumn left, std::span<const Text> right, const Parameters& parameters,
                       double cutoff, std::span<double> scores, StopToken stop) {
  FuzzRatio::Block(left, right, parameters, cutoff, scores, stop);
  for (size_t i = 0; i < scores.size(); ++i) {
    if (left[i].empty() || right[i].empty()) scores[i] = 0;
  }
}

void FuzzPartialRatio::Block(TextColumn left, std::span<const Text> right, const Parameters&,
                             double cutoff, std::span<double> scores, StopToken stop) {
  for (size_t i = 0; i < scores.size() && !stop.stopped(); ++i) {
    const double score = PartialRatio(left[i], right[i], stop);
    scores[i] = score >= cutoff ? score : 0;
  }
}

double TokensCostNs(size_t left, size_t right) {
  constexpr double kPairNs = 5;
  constexpr double kUnitNs = 2;
  return kPairNs + kUnitNs * static_cast<double>(left + right);
}

WRatio::WRatio(TokenPair* tokens, double cutoff, RatioQueue* queue) {
  const Text left = tokens->left();
  const Text right = tokens->right();
  if (left.empty() || right.empty()) return;
  ratio_ = queue->Add(left, right, RatioDistanceCutoff(left.size() + right.size(), cutoff));
  const double size_ratio = SizeRatio(left.size(), right.size());
  if (size_ratio < kPartialFrom) {
    token_.emplace(tokens, cutoff / kTokenWeight, queue);
    return;
  }
  const double weight = size_ratio <= kFarApart ? 0.9 : 0.6;
  known_ = PartialRatio(left, right, queue->stop()) * weight;
  // Of single words, this would be the same again, and less by its weight.
  if (tokens->are_words()) return;
  known_ = std::max(known_, PartialTokenRatio(tokens, queue->stop()) * kTokenWeight * weight);
}

double WRatio::Score(const RatioQueue& queue) const {
  double score = known_;
  if (ratio_) score = std::max(score, queue.Ratio(*ratio_));
  if (token_) score = std::max(score, token_->Score(queue) * kTokenWeight);
  return score;
}

double FuzzWRatio::CostNs(size_t left, size_t right, const Parameters&) {
  const double words_ns = TokensCostNs(left, right);
  if (left == 0 || right == 0) return words_ns;
  if (SizeRatio(left, right) < kPartialFrom) return words_ns + 3 * RatioCostNs(left, right);
  return words_ns + 3 * PartialRatioCostNs(left, right);
}

}  // namespace kernelserve

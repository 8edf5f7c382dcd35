#include "kernels/string_distance/token_ratio.h"

#include <algorithm>

namespace kernelserve {
namespace {

// A ratio by another rounding than RatioOf: RapidFuzz has both.
double SetRatioOf(size_t distance, size_t units) {
  if (units == 0) return 100;
  return 100.0 - 100.0 * static_cast<double>(distance) / static_cast<double>(units);
}

}  // namespace

TokenPair::TokenPair(Text left, Text right)
    : left_(SortedTokens(left)), right_(SortedTokens(right)), sets_(CompareTokens(left_, right_)) {}

TokenSortRatio::TokenSortRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena)
    : place_(queue->Add(arena->Join(tokens.left()), arena->Join(tokens.right()))) {}

TokenSetRatio::TokenSetRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena) {
  if (tokens.either_is_empty()) return;
  if (tokens.one_holds_other()) {
    known_ = 100;
    return;
  }
  const Text left = arena->Join(tokens.sets().only_left);
  const Text right = arena->Join(tokens.sets().only_right);
  common_ = JoinedSize(tokens.sets().common);
  left_ = left.size();
  right_ = right.size();
  place_ = queue->Add(left, right);
}

double TokenSetRatio::Score(const RatioQueue& queue) const {
  if (!place_) return known_;
  const size_t space = common_ > 0 ? 1 : 0;
  const size_t left = common_ + space + left_;
  const size_t right = common_ + space + right_;
  // The common words are the same on both sides: the rest is what differs.
  const double both = SetRatioOf(static_cast<size_t>(queue.Distance(*place_)), left + right);
  if (common_ == 0) return both;
  return std::max({both, SetRatioOf(space + left_, common_ + left),
                   SetRatioOf(space + right_, common_ + right)});
}

PartialTokenSortRatio::PartialTokenSortRatio(const TokenPair& tokens, RatioQueue* queue,
                                             TextArena* arena, StopToken stop)
    : partial_(arena->Join(tokens.left()), arena->Join(tokens.right()), queue, stop) {}

PartialTokenSetRatio::PartialTokenSetRatio(const TokenPair& tokens, RatioQueue* queue,
                                           TextArena* arena, StopToken stop) {
  if (tokens.either_is_empty()) return;
  if (!tokens.sets().common.empty()) {
    known_ = 100;
    return;
  }
  partial_.emplace(arena->Join(tokens.sets().only_left), arena->Join(tokens.sets().only_right),
                   queue, stop);
}

TokenRatio::TokenRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena)
    : set_(tokens, queue, arena), sort_(tokens, queue, arena) {}

double TokenRatio::Score(const RatioQueue& queue) const {
  return std::max(set_.Score(queue), sort_.Score(queue));
}

PartialTokenRatio::PartialTokenRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena,
                                     StopToken stop) {
  if (!tokens.sets().common.empty()) {
    known_ = 100;
    return;
  }
  sorted_.emplace(arena->Join(tokens.left()), arena->Join(tokens.right()), queue, stop);
  const bool repeats = tokens.left().size() != tokens.sets().only_left.size() ||
                       tokens.right().size() != tokens.sets().only_right.size();
  if (!repeats) return;  // the same texts again
  different_.emplace(arena->Join(tokens.sets().only_left), arena->Join(tokens.sets().only_right),
                     queue, stop);
}

double PartialTokenRatio::Score(const RatioQueue& queue) const {
  double score = known_;
  if (sorted_) score = std::max(score, sorted_->Score(queue));
  if (different_) score = std::max(score, different_->Score(queue));
  return score;
}

}  // namespace kernelserve

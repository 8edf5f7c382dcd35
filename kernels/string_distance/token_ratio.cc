#include "kernels/string_distance/token_ratio.h"

#include <algorithm>

#include "kernels/string_distance/partial_ratio.h"

namespace kernelserve {
namespace {

// A ratio by another rounding than RatioOf: RapidFuzz has both.
double SetRatioOf(size_t distance, size_t units) {
  if (units == 0) return 100;
  return 100.0 - 100.0 * static_cast<double>(distance) / static_cast<double>(units);
}

}  // namespace

void TokenPair::Set(Text left, Text right) {
  const std::array<Text, 2> texts = {left, right};
  for (size_t i = 0; i < texts.size(); ++i) {
    sides_[i].text = texts[i];
    sides_[i].sorted.reset();
    SortedTokens(texts[i], &sides_[i].words);
  }
  has_sets_ = false;
}

const TokenSets& TokenPair::sets() {
  if (!has_sets_) sets_.Compare(sides_[0].words, sides_[1].words);
  has_sets_ = true;
  return sets_;
}

Text TokenPair::Sorted(Side* side) {
  if (!side->sorted) side->sorted = arena_->Join(side->words);
  return *side->sorted;
}

Text TokenPair::Only(Side* side, const std::vector<Word>& only) {
  return only.size() == side->words.size() ? Sorted(side) : arena_->Join(only);
}

TokenSortRatio::TokenSortRatio(TokenPair* tokens, double cutoff, RatioQueue* queue) {
  const Text left = tokens->sorted_left();
  const Text right = tokens->sorted_right();
  place_ = queue->Add(left, right, RatioDistanceCutoff(left.size() + right.size(), cutoff));
}

TokenSetRatio::TokenSetRatio(TokenPair* tokens, double cutoff, RatioQueue* queue) {
  if (tokens->either_is_empty()) return;
  if (tokens->one_holds_other()) {
    known_ = 100;
    return;
  }
  const Text left = tokens->only_left();
  const Text right = tokens->only_right();
  common_ = JoinedSize(tokens->common());
  left_ = left.size();
  right_ = right.size();
  const size_t space = common_ > 0 ? 1 : 0;
  const size_t units = 2 * (common_ + space) + left_ + right_;
  place_ = queue->Add(left, right, RatioDistanceCutoff(units, cutoff));
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

TokenRatio::TokenRatio(TokenPair* tokens, double cutoff, RatioQueue* queue)
    : set_(tokens, cutoff, queue), sort_(tokens, cutoff, queue) {}

double TokenRatio::Score(const RatioQueue& queue) const {
  return std::max(set_.Score(queue), sort_.Score(queue));
}

double PartialTokenSortRatio(TokenPair* tokens, StopToken stop) {
  return PartialRatio(tokens->sorted_left(), tokens->sorted_right(), stop);
}

double PartialTokenSetRatio(TokenPair* tokens, StopToken stop) {
  if (tokens->either_is_empty()) return 0;
  if (!tokens->common().empty()) return 100;
  return PartialRatio(tokens->only_left(), tokens->only_right(), stop);
}

double PartialTokenRatio(TokenPair* tokens, StopToken stop) {
  if (!tokens->common().empty()) return 100;
  const Text left = tokens->sorted_left();
  const Text right = tokens->sorted_right();
  const double sorted = PartialRatio(left, right, stop);
  const Text only_left = tokens->only_left();
  const Text only_right = tokens->only_right();
  if (only_left.size() == left.size() && only_right.size() == right.size()) return sorted;
  return std::max(sorted, PartialRatio(only_left, only_right, stop));
}

}  // namespace kernelserve

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_SCORES_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_SCORES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/text.h"
#include "kernels/text_scorer.h"
#include "kernels/texts.h"

namespace kernelserve {

// Scores of queries with a few choices each, by blocks of pairs of any of them: calls
// found(query, rows, scores) for each query in turn, any number of times with some of its choices.
// For scorers that gain nothing from a prepared query, and from many pairs a lot.
template <typename Found>
class PairScores {
 public:
  PairScores(const TextScorer& scorer, const Texts& choices, const StopToken& stop,
             const Found& found)
      : scorer_(scorer), choices_(choices), stop_(stop), found_(found) {}

  void Add(size_t query, Text text, std::span<const uint32_t> rows) {
    while (!rows.empty() && !stop_.stopped()) {
      const size_t count = std::min(rows.size(), kPairs - rows_.size());
      queries_.emplace_back(query, rows_.size() + count);
      texts_.insert(texts_.end(), count, text);
      for (const uint32_t row : rows.first(count)) others_.push_back(choices_[row]);
      rows_.insert(rows_.end(), rows.begin(), rows.begin() + static_cast<ptrdiff_t>(count));
      rows = rows.subspan(count);
      if (rows_.size() == kPairs) Finish();
    }
  }

  void Finish() {
    scores_.resize(rows_.size());
    scorer_.ScorePairs(texts_, others_, stop_, scores_);
    size_t begin = 0;
    for (const auto& [query, end] : queries_) {
      if (stop_.stopped()) break;
      found_(query, std::span<const uint32_t>(rows_).subspan(begin, end - begin),
             std::span<const double>(scores_).subspan(begin, end - begin));
      begin = end;
    }
    queries_.clear();
    texts_.clear();
    others_.clear();
    rows_.clear();
  }

 private:
  // As many as go into lanes together.
  static constexpr size_t kPairs = 1024;

  const TextScorer& scorer_;
  const Texts& choices_;
  const StopToken& stop_;
  const Found& found_;
  std::vector<std::pair<size_t, size_t>> queries_;  // (query, where its pairs end)
  std::vector<Text> texts_;
  std::vector<Text> others_;
  std::vector<uint32_t> rows_;
  std::vector<double> scores_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_SCORES_H_

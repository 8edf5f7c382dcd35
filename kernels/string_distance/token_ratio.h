#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_TOKEN_RATIO_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TOKEN_RATIO_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/string_distance/partial_ratio.h"
#include "kernels/string_distance/ratio_queue.h"
#include "kernels/string_distance/tokens.h"
#include "kernels/text.h"

namespace kernelserve {

// The words of two texts, sorted, and as sets.
class TokenPair {
 public:
  TokenPair(Text left, Text right);

  bool either_is_empty() const { return left_.empty() || right_.empty(); }
  // One has every word of the other, and there are such.
  bool one_holds_other() const {
    return !sets_.common.empty() && (sets_.only_left.empty() || sets_.only_right.empty());
  }
  const std::vector<Text>& left() const { return left_; }
  const std::vector<Text>& right() const { return right_; }
  const TokenSets& sets() const { return sets_; }

 private:
  std::vector<Text> left_;
  std::vector<Text> right_;
  TokenSets sets_;
};

// Each of these adds to `queue` what its Score() needs, in its constructor; texts that it makes
// live in `arena`. They are FuzzyWuzzy's scorers as RapidFuzz has them, rounding included.

// The ratio of the sorted words.
class TokenSortRatio {
 public:
  TokenSortRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena);
  double Score(const RatioQueue& queue) const { return queue.Ratio(place_); }

 private:
  size_t place_;
};

// The greatest ratio of any two of: the common words; those and the rest of left; those and the
// rest of right. 0 where either text has no words, unless `of_empty` is another.
class TokenSetRatio {
 public:
  TokenSetRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena);
  double Score(const RatioQueue& queue) const;

 private:
  double known_ = 0;
  std::optional<size_t> place_;
  size_t common_ = 0;  // units of the common words
  size_t left_ = 0;    // units of what only left has
  size_t right_ = 0;
};

// The partial ratio of the sorted words.
class PartialTokenSortRatio {
 public:
  PartialTokenSortRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena,
                        StopToken stop);
  double Score(const RatioQueue& queue) const { return partial_.Score(queue); }

 private:
  PartialRatio partial_;
};

// 100 where any word is common; else the partial ratio of the different words. 0 where either text
// has no words.
class PartialTokenSetRatio {
 public:
  PartialTokenSetRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena,
                       StopToken stop);
  double Score(const RatioQueue& queue) const { return partial_ ? partial_->Score(queue) : known_; }

 private:
  double known_ = 0;
  std::optional<PartialRatio> partial_;
};

// The greater of TokenSortRatio and TokenSetRatio; 100 where there are no words on either side.
class TokenRatio {
 public:
  TokenRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena);
  double Score(const RatioQueue& queue) const;

 private:
  TokenSetRatio set_;
  TokenSortRatio sort_;
};

// The greater of both partial ones; that of sorted words where there are none on a side.
class PartialTokenRatio {
 public:
  PartialTokenRatio(const TokenPair& tokens, RatioQueue* queue, TextArena* arena, StopToken stop);
  double Score(const RatioQueue& queue) const;

 private:
  double known_ = 0;
  std::optional<PartialRatio> sorted_;
  std::optional<PartialRatio> different_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_TOKEN_RATIO_H_

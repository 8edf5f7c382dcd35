#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_TOKEN_RATIO_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TOKEN_RATIO_H_

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/string_distance/ratio_queue.h"
#include "kernels/string_distance/tokens.h"
#include "kernels/text.h"

namespace kernelserve {

// The words of two texts, sorted, and as sets. One object serves many pairs, one after the other,
// and keeps its memory; texts that it makes live in the arena.
class TokenPair {
 public:
  explicit TokenPair(TextArena* arena) : arena_(arena) {}

  void Set(Text left, Text right);

  Text left() const { return sides_[0].text; }
  Text right() const { return sides_[1].text; }
  bool either_is_empty() const { return sides_[0].words.empty() || sides_[1].words.empty(); }
  // Each text is one word and nothing else.
  bool are_words() const { return sides_[0].is_word() && sides_[1].is_word(); }
  // The words of a text, sorted and joined.
  Text sorted_left() { return Sorted(&sides_[0]); }
  Text sorted_right() { return Sorted(&sides_[1]); }

  // Words that both have, each once.
  const std::vector<Word>& common() { return sets().common; }
  // One has every word of the other, and there are such.
  bool one_holds_other() {
    return !common().empty() && (sets_.only_left.empty() || sets_.only_right.empty());
  }
  // Words that only one text has, each once, sorted and joined: the very sorted_left() or
  // sorted_right() where these are all.
  Text only_left() { return Only(&sides_[0], sets().only_left); }
  Text only_right() { return Only(&sides_[1], sets().only_right); }

 private:
  struct Side {
    Text text;
    std::vector<Word> words;
    std::optional<Text> sorted;

    bool is_word() const { return words.size() == 1 && words[0].text.size() == text.size(); }
  };

  const TokenSets& sets();
  Text Sorted(Side* side);
  Text Only(Side* side, const std::vector<Word>& only);

  TextArena* arena_;
  std::array<Side, 2> sides_;
  TokenSets sets_;
  bool has_sets_ = false;
};

// FuzzyWuzzy's scorers of words as RapidFuzz has them, rounding included. The class of one has a
// constructor that adds to `queue` what its Score() needs; of scores under the cutoff, Score() may
// give any other under it.

// The ratio of the sorted words.
class TokenSortRatio {
 public:
  TokenSortRatio(TokenPair* tokens, double cutoff, RatioQueue* queue);
  double Score(const RatioQueue& queue) const { return queue.Ratio(place_); }

 private:
  size_t place_;
};

// The greatest ratio of any two of: the common words; those and the rest of left; those and the
// rest of right. 0 where either text has no words.
class TokenSetRatio {
 public:
  TokenSetRatio(TokenPair* tokens, double cutoff, RatioQueue* queue);
  double Score(const RatioQueue& queue) const;

 private:
  double known_ = 0;
  std::optional<size_t> place_;
  size_t common_ = 0;  // units of the common words
  size_t left_ = 0;    // units of what only left has
  size_t right_ = 0;
};

// The greater of TokenSortRatio and TokenSetRatio; 100 where there are no words on either side.
class TokenRatio {
 public:
  TokenRatio(TokenPair* tokens, double cutoff, RatioQueue* queue);
  double Score(const RatioQueue& queue) const;

 private:
  TokenSetRatio set_;
  TokenSortRatio sort_;
};

// The partial ratio of the sorted words.
double PartialTokenSortRatio(TokenPair* tokens, StopToken stop);

// 100 where any word is common; else the partial ratio of the different words. 0 where either text
// has no words.
double PartialTokenSetRatio(TokenPair* tokens, StopToken stop);

// The greater of both; that of sorted words where there are none on a side.
double PartialTokenRatio(TokenPair* tokens, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_TOKEN_RATIO_H_

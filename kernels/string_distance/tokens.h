#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kernels/string_distance/words.h"
#include "kernels/text.h"

namespace kernelserve {

// Sets `tokens` to the words of a text, sorted by their units.
void SortedTokens(Text text, std::vector<Word>* tokens);

// Two sorted lists of words as sets.
struct TokenSets {
  std::vector<Word> common;  // as the left text has them
  std::vector<Word> only_left;
  std::vector<Word> only_right;

  // Memory is kept for the next.
  void Compare(std::span<const Word> left, std::span<const Word> right);
};

// Texts made on the way, which live as long as it does.
class TextArena {
 public:
  // The words of a text joined by single spaces: a view of the word itself where there is but one.
  Text Join(std::span<const Word> tokens);

 private:
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* next_ = nullptr;  // aligned for any unit
  size_t left_ = 0;            // bytes from there
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_

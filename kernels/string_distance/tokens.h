#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kernels/text.h"

namespace kernelserve {

// Sets `tokens` to the words of a text, sorted by their units: views of it.
void SortedTokens(Text text, std::vector<Text>* tokens);

// Two sorted lists of words as sets.
struct TokenSets {
  std::vector<Text> common;
  std::vector<Text> only_left;
  std::vector<Text> only_right;

  // Memory is kept for the next.
  void Compare(std::span<const Text> left, std::span<const Text> right);
};

// Units of `tokens`, joined by single spaces.
size_t JoinedSize(std::span<const Text> tokens);

// Texts made on the way, which live as long as it does.
class TextArena {
 public:
  // The words joined by single spaces: a view of the word itself where there is but one.
  Text Join(std::span<const Text> tokens);

 private:
  // Aligned for any unit.
  std::byte* Allocate(size_t bytes);

  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* next_ = nullptr;
  size_t left_ = 0;  // bytes from there
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_

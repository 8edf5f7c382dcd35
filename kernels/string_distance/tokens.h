#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/text.h"

namespace kernelserve {

// Whether Python's str.split() parts words at this code point: whitespace by Unicode, and the
// separators U+001C to U+001F.
bool IsSpace(uint32_t unit);

// The words of a text, sorted by their units: views of it.
std::vector<Text> SortedTokens(Text text);

// Two sorted lists of words as sets.
struct TokenSets {
  std::vector<Text> common;
  std::vector<Text> only_left;
  std::vector<Text> only_right;
};
TokenSets CompareTokens(std::span<const Text> left, std::span<const Text> right);

// Units of `tokens`, joined by single spaces.
size_t JoinedSize(std::span<const Text> tokens);

// Texts made on the way, which live as long as it does.
class TextArena {
 public:
  // The words joined by single spaces: a view of the word itself where there is but one.
  Text Join(std::span<const Text> tokens);

 private:
  std::vector<std::unique_ptr<std::byte[]>> memory_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_TOKENS_H_

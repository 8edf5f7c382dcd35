#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_WORDS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/text.h"

namespace kernelserve {

// A word of a text: a view of it, at least one unit.
struct Word {
  // The first two units, the first one high; 0 for a second that is not there. Of two words in the
  // order of their units, the one with the lesser prefix is first.
  uint64_t prefix;
  Text text;
};

// Sets `words` to the words of a text in order: what Python's str.split() gives, which parts them
// at whitespace by Unicode and at the separators U+001C to U+001F.
void SplitWords(Text text, std::vector<Word>* words);

// Units of `words`, joined by single spaces.
size_t JoinedSize(std::span<const Word> words);

// Bytes that JoinWords() may write beyond the joined text.
inline constexpr size_t kJoinSlackBytes = 16;

// Joins at least one word of a text by single spaces, into memory that is aligned for its units.
Text JoinWords(std::span<const Word> words, std::byte* memory);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_WORDS_H_

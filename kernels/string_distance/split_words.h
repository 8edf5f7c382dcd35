#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_SPLIT_WORDS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SPLIT_WORDS_H_

#include <vector>

#include "kernels/text.h"

namespace kernelserve {

// Sets `words` to the words of a text in order, views of it: what Python's str.split() gives, which
// parts them at whitespace by Unicode and at the separators U+001C to U+001F.
void SplitWords(Text text, std::vector<Text>* words);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_SPLIT_WORDS_H_

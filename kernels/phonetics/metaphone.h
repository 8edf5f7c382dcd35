#ifndef KERNELSERVE_KERNELS_PHONETICS_METAPHONE_H_
#define KERNELSERVE_KERNELS_PHONETICS_METAPHONE_H_

#include <string>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The Metaphone code of English words (Philips, "Hanging on the Metaphone", Computer Language 7,
// 1990): the consonants as they sound, 0 for th, X for sh; and a word's first letter where it is a
// vowel. "Thumb" is 0M.
//
// Equal to jellyfish's: in capitals and decomposed (kernels/phonetics/decomposition.h); blanks are
// kept, one between two words; what is no letter is left out. Ends early, with anything, once
// `stop` is set.
std::string Metaphone(Text text, StopToken stop = {});

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_PHONETICS_METAPHONE_H_

#ifndef KERNELSERVE_KERNELS_PHONETICS_SOUNDEX_H_
#define KERNELSERVE_KERNELS_PHONETICS_SOUNDEX_H_

#include <string>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The Soundex code of a name (Russell, US patents 1261167 and 1435663, 1918 and 1922): its first
// letter, and three digits for the consonants after it, of which those alike side by side, or with
// H or W between them, count once. "Robert" and "Rupert" are R163.
//
// Equal to jellyfish's: in capitals and decomposed (kernels/phonetics/decomposition.h), whatever
// comes first is kept, letter or not; "" of "". Ends early, with anything, once `stop` is set.
std::string Soundex(Text text, StopToken stop = {});

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_PHONETICS_SOUNDEX_H_

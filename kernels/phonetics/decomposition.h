#ifndef KERNELSERVE_KERNELS_PHONETICS_DECOMPOSITION_H_
#define KERNELSERVE_KERNELS_PHONETICS_DECOMPOSITION_H_

#include <string>
#include <string_view>

namespace kernelserve::phonetics {

// The parts of each character of a text in capitals, as far as codes of sounds look at them: its
// compatibility decomposition (Unicode's NFKD), in which anything after the first part that is no
// letter from A to Z, blank or asterisk, one or several of them, is a full stop. "É" becomes "E.".
//
// Taken for whole is what has no such letter among its parts, but for code points below U+1100,
// from U+1D00 to U+218F, Kana and the syllables of Hangul.
std::u32string Decompose(std::u32string_view upper);

}  // namespace kernelserve::phonetics

#endif  // KERNELSERVE_KERNELS_PHONETICS_DECOMPOSITION_H_

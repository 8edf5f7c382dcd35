#ifndef KERNELSERVE_KERNELS_PHONETICS_ALPHABETIC_H_
#define KERNELSERVE_KERNELS_PHONETICS_ALPHABETIC_H_

namespace kernelserve::phonetics {

// Whether the code point is alphabetic: Unicode 17's property of that name.
bool IsAlphabetic(char32_t code_point);

}  // namespace kernelserve::phonetics

#endif  // KERNELSERVE_KERNELS_PHONETICS_ALPHABETIC_H_

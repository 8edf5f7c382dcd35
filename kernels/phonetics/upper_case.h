#ifndef KERNELSERVE_KERNELS_PHONETICS_UPPER_CASE_H_
#define KERNELSERVE_KERNELS_PHONETICS_UPPER_CASE_H_

#include <string>

#include "kernels/text.h"

namespace kernelserve::phonetics {

// The text in capitals, by Unicode 17's full mapping: "ß" becomes "SS".
std::u32string UpperCase(Text text);

}  // namespace kernelserve::phonetics

#endif  // KERNELSERVE_KERNELS_PHONETICS_UPPER_CASE_H_

#ifndef KERNELSERVE_KERNELS_REFERENCE_FUZZ_TEXTS_H_
#define KERNELSERVE_KERNELS_REFERENCE_FUZZ_TEXTS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/reference/random_text.h"

namespace kernelserve::reference {

// Ends the process, as a fuzzer's finding, where `holds` is false.
void Check(bool holds);

// What the bytes of a fuzzer's texts stand for. Small alphabets find more: each byte is a unit
// modulo the alphabet's size, spread over the width's range.
struct FuzzAlphabet {
  int width = 1;  // bytes a unit: 1, 2 or 4
  uint32_t size = 256;

  // By bits `shift` and `shift + 1` of `header` for the width, and bits 4 and 5 for the size.
  static FuzzAlphabet Of(uint8_t header, int shift = 0);
};

Units FuzzText(std::span<const uint8_t> bytes, FuzzAlphabet alphabet);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_FUZZ_TEXTS_H_

#include "kernels/reference/fuzz_texts.h"

#include <cstdlib>

namespace kernelserve::reference {

void Check(bool holds) {
  if (!holds) std::abort();
}

FuzzAlphabet FuzzAlphabet::Of(uint8_t header, int shift) {
  constexpr int kWidths[] = {1, 2, 4, 4};
  constexpr uint32_t kSizes[] = {2, 4, 26, 256};
  return {.width = kWidths[(header >> shift) & 3], .size = kSizes[(header >> 4) & 3]};
}

Units FuzzText(std::span<const uint8_t> bytes, FuzzAlphabet alphabet) {
  const uint32_t base = alphabet.width == 1 ? 0 : alphabet.width == 2 ? 0x4E00 : 0x1F600;
  Units units(bytes.size());
  for (size_t i = 0; i < units.size(); ++i) {
    // Some units of a wide text are as narrow as another text's.
    units[i] = bytes[i] % alphabet.size + (bytes[i] % 3 == 0 ? 0 : base);
  }
  return units;
}

}  // namespace kernelserve::reference

#ifndef KERNELSERVE_KERNELS_PHONETICS_PHONETIC_KERNEL_H_
#define KERNELSERVE_KERNELS_PHONETICS_PHONETIC_KERNEL_H_

#include <cstddef>
#include <cstdint>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// How a text sounds, as a kernel of the catalog (kernels/define.h): Soundex and the like.
template <auto code_of>
struct PhoneticKernel {
  static auto Run(Text text, const StopToken& stop) { return code_of(text, stop); }

  static double Cost(size_t bytes) {
    constexpr double kTextNs = 100;
    constexpr double kByteNs = 15;
    return kTextNs + kByteNs * static_cast<double>(bytes);
  }

  // What is longest in capitals is "ΐ", whose two bytes become six.
  static uint64_t ResultBytes(size_t bytes) { return kCodeBytes + 3 * bytes; }

 private:
  static constexpr uint64_t kCodeBytes = 8;  // a first character, and digits however short it is
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_PHONETICS_PHONETIC_KERNEL_H_

#ifndef KERNELSERVE_KERNELS_DEFAULT_PROCESS_H_
#define KERNELSERVE_KERNELS_DEFAULT_PROCESS_H_

#include <cstdint>

#include "kernels/text.h"

namespace kernelserve {

// What is done to texts before a kernel sees them.
enum class Preprocessing : uint8_t { kNone, kDefaultProcess };

// RapidFuzz's utils.default_process, equal to it for every code point: each unit that is neither a
// letter nor a digit becomes a space, letters become lower case, and spaces at both ends go. Bytes
// are Latin-1. Writes to `memory`, which has room for as many units of the same width and is where
// the result lies. O(n).
Text DefaultProcess(Text text, void* memory);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_DEFAULT_PROCESS_H_

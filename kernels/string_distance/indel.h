#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_INDEL_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_INDEL_H_

#include <cstdint>

#include "kernels/stop_token.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/text.h"

namespace kernelserve {

// The least number of insertions and deletions that turn one text into the other, without
// substitutions: m + n - 2 * the length of a longest common subsequence, by Hyyrö's bit-parallel
// algorithm ("Bit-parallel LCS-length computation revisited", 2004). O(n * m / 64).
//
// `pattern` are the masks of one of the texts. Polls `stop` at least every millisecond.
int64_t IndelDistance(const PatternMasks& pattern, Text text, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_INDEL_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_PART_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_PART_H_

#include <cstddef>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The greatest ratio, 0 to 100, of `shorter` (m units, at least one) and a part of `longer` (n
// units, at least m): one of m units, or a shorter one at either end. Anything once `stop` is set.

// m <= kShortUnits. A part for each lane of a vector: O(n * m).
double BestShortPart(Text shorter, Text longer, StopToken stop);

// Any m. All parts from one matrix, by combing its braid of strands: Tiskin, "Semi-local string
// comparison: algorithmic techniques and applications" (2008). O(n * m), and O(n + m) memory.
// Twice as quick where there are at most so many strands, m + n, and no unit over 16 bits.
inline constexpr size_t kNarrowStrandsMax = size_t{1} << 16;
double BestLongPart(Text shorter, Text longer, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_PART_H_

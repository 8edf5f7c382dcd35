#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_PART_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_PART_H_

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The greatest ratio, 0 to 100, of `shorter` (m units, at least one) and a part of `longer` (n
// units, at least m): one of m units, or a shorter one at either end. Anything once `stop` is set.

// m <= kShortUnits, all parts at once in the lanes of vectors: O(n * m).
double BestShortPart(Text shorter, Text longer, StopToken stop);

// Of any sizes.
double BestLongPart(Text shorter, Text longer, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_PART_H_

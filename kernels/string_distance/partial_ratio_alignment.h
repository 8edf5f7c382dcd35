#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_ALIGNMENT_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_ALIGNMENT_H_

#include <cstddef>

#include "kernels/stop_token.h"
#include "kernels/string_distance/alignment.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/text.h"

namespace kernelserve {

// Which part of the longer text it is that fuzz.partial_ratio (partial_ratio.h) is of, without a
// script. Of several, the one that RapidFuzz's fuzz.partial_ratio_alignment gives: one inside the
// longer text before those at its ends, these in order; inside, whichever comes first where both
// ends are looked at first, then the middle, then the middles of the halves, and so on. Where both
// texts have as many units, left is the whole one unless a part of it is better.
//
// Looks at every part that may be better than what was found. At most O((n + m) * m * m / 64) for m
// units of the shorter. Polls `stop` at least every millisecond; once stopped, returns any.
Alignment PartialRatioAlignment(Text left, Text right, StopToken stop = {});

PairCost PartialRatioAlignmentCost(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_PARTIAL_RATIO_ALIGNMENT_H_

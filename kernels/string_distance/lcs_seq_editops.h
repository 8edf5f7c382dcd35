#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LCS_SEQ_EDITOPS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LCS_SEQ_EDITOPS_H_

#include <cstddef>

#include "kernels/stop_token.h"
#include "kernels/string_distance/editops.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/text.h"

namespace kernelserve {

// The insertions and deletions that leave a longest common subsequence: of the shortest scripts,
// the one that RapidFuzz's LCSseq.editops and Indel.editops give. Read from the end of the matrix
// of Hyyrö's algorithm (indel.h), it prefers a deletion, then an insertion. O(n * m / 64) times
// what backward_columns.h says.
//
// Polls `stop` at least every millisecond of work; once stopped, returns any script.
Editops LcsSeqEditops(Text left, Text right, StopToken stop = {});

PairCost LcsSeqEditopsCost(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_LCS_SEQ_EDITOPS_H_

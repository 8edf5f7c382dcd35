#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_OSA_EDITOPS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_OSA_EDITOPS_H_

#include <cstddef>

#include "kernels/stop_token.h"
#include "kernels/string_distance/editops.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/text.h"

namespace kernelserve {

// A shortest script of insertions, deletions, substitutions and transpositions of neighbours, where
// nothing is edited twice. Of several, the one that Levenshtein's rule (levenshtein_editops.h)
// takes: read from the end of the matrix, a deletion, else an insertion where that comes from a
// smaller cell than what lies diagonally before; else a substitution, or a transposition where that
// is shorter. O(n * m / 64) times what backward_columns.h says.
//
// Polls `stop` at least every millisecond of work; once stopped, returns any script.
Editops OsaEditops(Text left, Text right, StopToken stop = {});

PairCost OsaEditopsCost(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_OSA_EDITOPS_H_

#ifndef KERNELSERVE_KERNELS_REFERENCE_ALIGNMENTS_H_
#define KERNELSERVE_KERNELS_REFERENCE_ALIGNMENTS_H_

#include <cstdint>
#include <vector>

#include "kernels/string_distance/alignment_score.h"

namespace kernelserve::reference {

// The oracle for alignments: Waterman, Smith and Beyer, "Some biological sequence metrics" (1976),
// which tries a gap of every size at every cell. O(n^3).
int64_t AlignmentScore(AlignmentKind kind, const std::vector<uint32_t>& left,
                       const std::vector<uint32_t>& right, const AlignmentScores& scores);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_ALIGNMENTS_H_

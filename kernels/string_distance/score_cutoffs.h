#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_SCORE_CUTOFFS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SCORE_CUTOFFS_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace kernelserve {

// The widest cutoff there is: every distance is below it, and one may still be added.
inline constexpr int64_t kNoCutoff = int64_t{1} << 62;

// The score_cutoff of each pair of a block: `each`, or one for all where that is empty.
struct ScoreCutoffs {
  std::span<const int64_t> each;
  int64_t all;

  int64_t operator[](size_t i) const { return each.empty() ? all : each[i]; }
  // From pair `begin` on.
  ScoreCutoffs From(size_t begin) const {
    return {.each = each.empty() ? each : each.subspan(begin), .all = all};
  }
};

// A distance as it is reported: one over the cutoff is cutoff + 1.
inline int64_t WithCutoff(int64_t distance, int64_t cutoff) {
  return distance <= cutoff ? distance : cutoff + 1;
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_SCORE_CUTOFFS_H_

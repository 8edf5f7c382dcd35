#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_LCS_SEQ_WORDS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_LCS_SEQ_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kernelserve {

// A column of the matrix of longest common subsequences, in blocks of 64 rows: bit i of word w is 0
// where that of the pattern's first 64 * w + i + 1 units is longer than that of one less. All ones
// for column 0.
using LcsSeqWords = std::vector<uint64_t>;

// The next column, by Hyyrö 2004, where V' is `s`. `matches` is the text unit's row of the
// pattern's masks.
inline void AdvanceLcsSeq(const uint64_t* matches, LcsSeqWords& s) {
  uint64_t carry = 0;
  for (size_t w = 0; w < s.size(); ++w) {
    const uint64_t u = s[w] & matches[w];
    uint64_t sum;
    const bool over = __builtin_add_overflow(s[w], u, &sum);
    const bool over_carry = __builtin_add_overflow(sum, carry, &sum);
    carry = uint64_t{over} | uint64_t{over_carry};
    s[w] = sum | (s[w] - u);
  }
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_LCS_SEQ_WORDS_H_

#include "kernels/string_distance/indel.h"

#include <bit>
#include <vector>

#include "kernels/string_distance/step_poll.h"

namespace kernelserve {

int64_t IndelDistance(const PatternMasks& pattern, Text text, StopToken stop) {
  const size_t words = pattern.words();
  PatternMasks::Reader reader(pattern);
  StepPoll poll(stop);
  // Bit i of s is 0 where the common subsequence grows at row i, as in the paper's V'.
  std::vector<uint64_t> s(words, ~uint64_t{0});
  text.Visit([&](auto units) {
    for (const auto unit : units) {
      const uint64_t* const row = reader.Row(unit, 0, words - 1);
      uint64_t carry = 0;
      for (size_t w = 0; w < words; ++w) {
        const uint64_t u = s[w] & row[w];
        uint64_t sum;
        const bool over = __builtin_add_overflow(s[w], u, &sum);
        const bool over_carry = __builtin_add_overflow(sum, carry, &sum);
        carry = uint64_t{over} | uint64_t{over_carry};
        s[w] = sum | (s[w] - u);
      }
      if (poll.Stopped(words)) return;
    }
  });
  // Bits over the pattern's end stay 1: no unit matches there, and a carry out of them is lost.
  int64_t common = 0;
  for (const uint64_t word : s) common += std::popcount(~word);
  return static_cast<int64_t>(pattern.size() + text.size()) - 2 * common;
}

}  // namespace kernelserve

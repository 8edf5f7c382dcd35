#include "kernels/string_distance/osa.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

// A word of the matrix's column: OsaColumn (columns-inl.h) with carries.
struct Word {
  uint64_t vp = ~uint64_t{0};
  uint64_t vn = 0;
  uint64_t d0 = 0;
  uint64_t matches = 0;
};

// Hyyrö 2003 in blocks of 64 rows, where horizontal differences carry over from one to the next.
int64_t OsaLong(const PatternMasks& pattern, Text text, StopToken stop) {
  const size_t words = pattern.words();
  PatternMasks::Reader reader(pattern);
  StepPoll poll(stop);
  std::vector<Word> column(words);
  const uint64_t last_row = uint64_t{1} << ((pattern.size() - 1) % PatternMasks::kWordBits);
  auto distance = static_cast<int64_t>(pattern.size());
  text.Visit([&](auto units) {
    for (const auto unit : units) {
      const uint64_t* const row = reader.Row(unit, 0, words - 1);
      uint64_t hp_carry = 1;
      uint64_t hn_carry = 0;
      uint64_t swappable_carry = 0;
      uint64_t hp = 0;
      uint64_t hn = 0;
      for (size_t w = 0; w < words; ++w) {
        Word& word = column[w];
        const uint64_t matches = row[w];
        const uint64_t swappable = ~word.d0 & matches;
        const uint64_t transposed = (swappable << 1 | swappable_carry) & word.matches;
        swappable_carry = swappable >> 63;
        const uint64_t x = matches | hn_carry;
        word.d0 = (((x & word.vp) + word.vp) ^ word.vp) | x | word.vn | transposed;
        word.matches = matches;
        hp = word.vn | ~(word.d0 | word.vp);
        hn = word.d0 & word.vp;
        const uint64_t hp_shifted = hp << 1 | hp_carry;
        const uint64_t hn_shifted = hn << 1 | hn_carry;
        hp_carry = hp >> 63;
        hn_carry = hn >> 63;
        word.vp = hn_shifted | ~(word.d0 | hp_shifted);
        word.vn = hp_shifted & word.d0;
      }
      distance += (hp & last_row) != 0;
      distance -= (hn & last_row) != 0;
      if (poll.Stopped(words)) return;
    }
  });
  return distance;
}

// The prefix and suffix that both texts share can be left out: a transposition never needs them.
int64_t OsaOf(Text left, Text right, int64_t cutoff, StopToken stop) {
  StripCommonAffix(&left, &right);
  int64_t distance;
  OsaShortBlock(TextColumn(&left), std::span(&right, 1), {.all = cutoff}, std::span(&distance, 1),
                stop);
  if (distance != kNotShort) return distance;
  if (left.size() > right.size()) std::swap(left, right);
  return WithCutoff(OsaLong(PatternMasks(left), right, stop), cutoff);
}

}  // namespace

int64_t Osa::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

// Fitted to string_distance_benchmark.cc.
double Osa::CostNs(size_t left_size, size_t right_size) {
  return ShortBlockCostNs(left_size, right_size, /*word_ns=*/3.5);
}

void Osa::Block(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                std::span<int64_t> out, StopToken stop) {
  OsaShortBlock(left, right, cutoffs, out, stop);
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == kNotShort) out[i] = OsaOf(left[i], right[i], cutoffs[i], stop);
  }
}

}  // namespace kernelserve

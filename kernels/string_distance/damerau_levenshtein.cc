#include "kernels/string_distance/damerau_levenshtein.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

// A word of the matrix's column: DamerauLevenshteinColumn (columns-inl.h) with carries.
struct ColumnWord {
  uint64_t vp = ~uint64_t{0};
  uint64_t vn = 0;
  uint64_t d0 = 0;
  uint64_t matches = 0;
  uint64_t open = 0;
};

// Shifts up by a row; the bit that comes in is the last word's, and the one that goes out the next
// one's.
uint64_t ShiftIn(uint64_t word, uint64_t* carry) {
  const uint64_t in = std::exchange(*carry, word >> 63);
  return word << 1 | in;
}

uint64_t Reach(uint64_t rows, uint64_t vp, uint64_t* carry) {
  uint64_t sum;
  const bool over = __builtin_add_overflow(rows & vp, vp, &sum);
  const bool over_carry = __builtin_add_overflow(sum, *carry, &sum);
  *carry = uint64_t{over} | uint64_t{over_carry};
  return (sum ^ vp) | rows;
}

int64_t ManyWordsDistance(const PatternMasks& pattern, Text text, StopToken stop) {
  const size_t words = pattern.words();
  PatternMasks::Reader reader(pattern);
  StepPoll poll(stop);
  std::vector<ColumnWord> column(words);
  text.Visit([&](auto units) {
    for (const auto unit : units) {
      const uint64_t* const row = reader.Row(unit, 0, words - 1);
      uint64_t matches_carry = 0;
      uint64_t begins_carry = 0;
      uint64_t in_text_carry = 0;
      uint64_t d0_reach_carry = 0;
      uint64_t d0_carry = 0;
      uint64_t hp_carry = 1;
      uint64_t hn_carry = 0;
      for (size_t w = 0; w < words; ++w) {
        ColumnWord& word = column[w];
        const uint64_t matches = row[w];
        const uint64_t in_pattern = word.open & ShiftIn(matches, &matches_carry);
        const uint64_t begins = ShiftIn(matches & ~word.d0, &begins_carry);
        const uint64_t in_text = Reach(begins, word.vp, &in_text_carry) & word.matches;
        word.d0 = Reach(matches | in_pattern | in_text, word.vp, &d0_reach_carry) | word.vn;
        word.matches = matches;
        const uint64_t hp = ShiftIn(word.vn | ~(word.d0 | word.vp), &hp_carry);
        const uint64_t hn = ShiftIn(word.d0 & word.vp, &hn_carry);
        word.vp = hn | ~(word.d0 | hp);
        word.vn = hp & word.d0;
        const uint64_t d0_above = ShiftIn(word.d0, &d0_carry);
        word.open = (matches & ~d0_above) | (word.open & hp & ~matches);
      }
      if (poll.Stopped(words)) return;
    }
  });
  // Down the column from D[0][n] = n.
  auto distance = static_cast<int64_t>(text.size());
  const uint64_t last_rows = ~uint64_t{0} >> (words * PatternMasks::kWordBits - pattern.size());
  column.back().vp &= last_rows;
  column.back().vn &= last_rows;
  for (const ColumnWord& word : column) distance += std::popcount(word.vp) - std::popcount(word.vn);
  return distance;
}

int64_t DistanceOf(Text left, Text right, int64_t cutoff, StopToken stop) {
  StripCommonAffix(&left, &right);
  int64_t distance;
  DamerauLevenshteinShortBlock(TextColumn(&left), std::span(&right, 1), {.all = cutoff},
                               std::span(&distance, 1), stop);
  if (distance != kNotShort) return distance;
  if (left.size() > right.size()) std::swap(left, right);
  return WithCutoff(ManyWordsDistance(PatternMasks(left), right, stop), cutoff);
}

}  // namespace

int64_t DamerauLevenshtein::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

// Fitted to kernels/catalog_benchmark.cc.
double DamerauLevenshtein::CostNs(size_t left_size, size_t right_size) {
  return ShortBlockCostNs(left_size, right_size, /*word_ns=*/4.5);
}

void DamerauLevenshtein::Block(TextColumn left, std::span<const Text> right,
                               const ScoreCutoffs& cutoffs, std::span<int64_t> out,
                               StopToken stop) {
  DamerauLevenshteinShortBlock(left, right, cutoffs, out, stop);
  if (!AnyNotShort(out)) return;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == kNotShort) out[i] = DistanceOf(left[i], right[i], cutoffs[i], stop);
  }
}

void DamerauLevenshtein::CrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                                    const TakeTile& take, StopToken stop) {
  DamerauLevenshteinCrossBlock(queries, choices, take, stop);
}

}  // namespace kernelserve

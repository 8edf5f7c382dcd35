#include "kernels/string_distance/indel.h"

#include <algorithm>
#include <bit>

#include "kernels/string_distance/lcs_seq_editops.h"
#include "kernels/string_distance/lcs_seq_words.h"
#include "kernels/string_distance/long_distance.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
int64_t Indel::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(left_size + right_size);
}

// Fitted to kernels/catalog_benchmark.cc.
double Indel::CostNs(size_t left_size, size_t right_size) {
  return LongDistanceCostNs(left_size, right_size, /*word_ns=*/2);
}

void Indel::Block(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                  std::span<int64_t> out, StopToken stop) {
  IndelShortBlock(left, right, cutoffs, out, stop);
  LongDistance(LongDistance::Metric::kIndel, stop).Block(left, right, cutoffs, out);
}

Editops Indel::EditScript(Text left, Text right, StopToken stop) {
  return LcsSeqEditops(left, right, stop);
}

PairCost Indel::EditScriptCost(size_t left_size, size_t right_size) {
  return LcsSeqEditopsCost(left_size, right_size);
}

void Indel::CrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                       const TakeTile& take, StopToken stop) {
  IndelCrossBlock(queries, choices, take, stop);
}

int64_t IndelDistance(const PatternMasks& pattern, Text text, StopToken stop) {
  const size_t words = pattern.words();
  PatternMasks::Reader reader(pattern);
  StepPoll poll(stop);
  LcsSeqWords s(words, ~uint64_t{0});
  text.Visit([&](auto units) {
    for (const auto unit : units) {
      AdvanceLcsSeq(reader.Row(unit, 0, words - 1), s);
      if (poll.Stopped(words)) return;
    }
  });
  // Bits over the pattern's end stay 1: no unit matches there, and a carry out of them is lost.
  int64_t common = 0;
  for (const uint64_t word : s) common += std::popcount(~word);
  return static_cast<int64_t>(pattern.size() + text.size()) - 2 * common;
}

}  // namespace kernelserve

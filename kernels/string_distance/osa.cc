#include "kernels/string_distance/osa.h"

#include <algorithm>
#include <utility>

#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/osa_editops.h"
#include "kernels/string_distance/osa_words.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

int64_t OsaLong(const PatternMasks& pattern, Text text, StopToken stop) {
  const size_t words = pattern.words();
  PatternMasks::Reader reader(pattern);
  StepPoll poll(stop);
  OsaWords column(words);
  const uint64_t last_row = uint64_t{1} << ((pattern.size() - 1) % PatternMasks::kWordBits);
  auto distance = static_cast<int64_t>(pattern.size());
  text.Visit([&](auto units) {
    for (const auto unit : units) {
      const OsaStep step = AdvanceOsa(reader.Row(unit, 0, words - 1), column);
      distance += (step.hp & last_row) != 0;
      distance -= (step.hn & last_row) != 0;
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

Editops Osa::EditScript(Text left, Text right, StopToken stop) {
  return OsaEditops(left, right, stop);
}

PairCost Osa::EditScriptCost(size_t left_size, size_t right_size) {
  return OsaEditopsCost(left_size, right_size);
}

}  // namespace kernelserve

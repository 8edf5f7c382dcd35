#include "kernels/string_distance/osa.h"

#include <algorithm>

#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/long_distance.h"
#include "kernels/string_distance/osa_editops.h"
#include "kernels/string_distance/short_block.h"

namespace kernelserve {
namespace {

// The prefix and suffix that both texts share can be left out: a transposition never needs them.
int64_t OsaOf(Text left, Text right, int64_t cutoff, StopToken stop) {
  StripCommonAffix(&left, &right);
  int64_t distance;
  OsaShortBlock(TextColumn(&left), std::span(&right, 1), {.all = cutoff}, std::span(&distance, 1),
                stop);
  if (distance != kNotShort) return distance;
  return LongDistance(LongDistance::Metric::kOsa, stop).Of(left, right, cutoff);
}

}  // namespace

int64_t Osa::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

// Fitted to kernels/catalog_benchmark.cc.
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

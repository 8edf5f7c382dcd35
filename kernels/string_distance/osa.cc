#include "kernels/string_distance/osa.h"

#include <algorithm>

#include "kernels/string_distance/long_distance.h"
#include "kernels/string_distance/osa_editops.h"
#include "kernels/string_distance/short_block.h"

namespace kernelserve {
int64_t Osa::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

// Fitted to kernels/catalog_benchmark.cc.
double Osa::CostNs(size_t left_size, size_t right_size) {
  return LongDistanceCostNs(left_size, right_size, /*word_ns=*/3.5);
}

void Osa::Block(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                std::span<int64_t> out, StopToken stop) {
  OsaShortBlock(left, right, cutoffs, out, stop);
  LongDistance(LongDistance::Metric::kOsa, stop).Block(left, right, cutoffs, out);
}

Editops Osa::EditScript(Text left, Text right, StopToken stop) {
  return OsaEditops(left, right, stop);
}

PairCost Osa::EditScriptCost(size_t left_size, size_t right_size) {
  return OsaEditopsCost(left_size, right_size);
}

void Osa::CrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                     const TakeTile& take, StopToken stop) {
  OsaCrossBlock(queries, choices, take, stop);
}

}  // namespace kernelserve

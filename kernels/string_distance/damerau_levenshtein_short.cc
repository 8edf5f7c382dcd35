#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/damerau_levenshtein_short.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/short_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

void DamerauLevenshteinPairs(TextColumn left, std::span<const Text> right,
                             const ScoreCutoffs& cutoffs, std::span<int64_t> out, StopToken stop) {
  Pairs<EditDistance<DamerauLevenshteinColumn>>(left, TextColumn(right), cutoffs, out, stop);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(DamerauLevenshteinPairs);

void DamerauLevenshteinShortBlock(TextColumn left, std::span<const Text> right,
                                  const ScoreCutoffs& cutoffs, std::span<int64_t> out,
                                  StopToken stop) {
  HWY_DYNAMIC_DISPATCH(DamerauLevenshteinPairs)(left, right, cutoffs, out, stop);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

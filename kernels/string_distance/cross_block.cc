#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/cross_block.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/cross_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

bool HasCross() { return KERNELSERVE_TEXT_LANES; }

void LevenshteinCross(std::span<const Text> queries, const SortedTexts& choices,
                      const TakeTile& take, StopToken stop) {
  Cross<LevenshteinColumn>(queries, choices, take, stop);
}

void OsaCross(std::span<const Text> queries, const SortedTexts& choices, const TakeTile& take,
              StopToken stop) {
  Cross<OsaColumn>(queries, choices, take, stop);
}

void DamerauLevenshteinCross(std::span<const Text> queries, const SortedTexts& choices,
                             const TakeTile& take, StopToken stop) {
  Cross<DamerauLevenshteinColumn>(queries, choices, take, stop);
}

void IndelCross(std::span<const Text> queries, const SortedTexts& choices, const TakeTile& take,
                StopToken stop) {
  Cross<IndelColumn>(queries, choices, take, stop);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(HasCross);
HWY_EXPORT(LevenshteinCross);
HWY_EXPORT(OsaCross);
HWY_EXPORT(DamerauLevenshteinCross);
HWY_EXPORT(IndelCross);

bool HasCrossBlock() { return HWY_DYNAMIC_DISPATCH(HasCross)(); }

void LevenshteinCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                           const TakeTile& take, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(LevenshteinCross)(queries, choices, take, stop);
}

void OsaCrossBlock(std::span<const Text> queries, const SortedTexts& choices, const TakeTile& take,
                   StopToken stop) {
  HWY_DYNAMIC_DISPATCH(OsaCross)(queries, choices, take, stop);
}

void DamerauLevenshteinCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                                  const TakeTile& take, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(DamerauLevenshteinCross)(queries, choices, take, stop);
}

void IndelCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                     const TakeTile& take, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(IndelCross)(queries, choices, take, stop);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/lcs_seq_short.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/short_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

// What the longer text has beside the longest common subsequence. Of a pattern in one word: the
// longer size isn't a sum over words.
template <class V>
class LcsSeqColumn {
 public:
  HWY_INLINE explicit LcsSeqColumn(V ones) : indel_(ones) {}

  HWY_INLINE void Advance(V matches) { indel_.Advance(matches); }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    indel_.AdvanceWhere(runs, matches);
  }

  HWY_INLINE V Distance(V rows, V text_size) const {
    return Sub(Max(PopulationCount(rows), text_size), indel_.Common(rows));
  }

 private:
  IndelColumn<V> indel_;
};

void LcsSeqPairs(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                 std::span<int64_t> out, StopToken stop) {
  Pairs<EditDistance<LcsSeqColumn>>(left, TextColumn(right), cutoffs, out, stop);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(LcsSeqPairs);

void LcsSeqShortBlock(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                      std::span<int64_t> out, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(LcsSeqPairs)(left, right, cutoffs, out, stop);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

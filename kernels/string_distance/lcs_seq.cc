#include "kernels/string_distance/lcs_seq.h"

#include <algorithm>
#include <array>

#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/lcs_seq_editops.h"

namespace kernelserve {
namespace {

// The indel distance is m + n - 2 * common and this one max(m, n) - common: the one is twice the
// other less the difference of the sizes.
int64_t SizesApart(Text left, Text right) {
  return static_cast<int64_t>(std::max(left.size(), right.size()) -
                              std::min(left.size(), right.size()));
}

}  // namespace

int64_t LcsSeq::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

double LcsSeq::CostNs(size_t left_size, size_t right_size) {
  return Indel::CostNs(left_size, right_size);
}

void LcsSeq::Block(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                   std::span<int64_t> out, StopToken stop) {
  constexpr int64_t kWidest = int64_t{1} << 60;
  // For as many pairs at a time as there is room for.
  std::array<int64_t, 128> indel_cutoffs;
  for (size_t begin = 0; begin < out.size(); begin += indel_cutoffs.size()) {
    const size_t count = std::min(indel_cutoffs.size(), out.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      const int64_t cutoff = std::min(cutoffs[begin + i], kWidest);
      // A cutoff that the sizes rule out stays one that they rule out.
      const int64_t apart = SizesApart(left[begin + i], right[begin + i]);
      indel_cutoffs[i] = cutoff < apart ? cutoff : 2 * cutoff - apart;
    }
    const std::span<int64_t> some = out.subspan(begin, count);
    Indel::Block(left.From(begin), right.subspan(begin, count),
                 {.each = std::span<const int64_t>(indel_cutoffs).first(count), .all = 0}, some,
                 stop);
    for (size_t i = 0; i < count; ++i) {
      const int64_t apart = SizesApart(left[begin + i], right[begin + i]);
      const int64_t cutoff = cutoffs[begin + i];
      some[i] = some[i] > indel_cutoffs[i] ? cutoff + 1 : (some[i] + apart) / 2;
    }
  }
}

Editops LcsSeq::EditScript(Text left, Text right, StopToken stop) {
  return LcsSeqEditops(left, right, stop);
}

PairCost LcsSeq::EditScriptCost(size_t left_size, size_t right_size) {
  return LcsSeqEditopsCost(left_size, right_size);
}

}  // namespace kernelserve

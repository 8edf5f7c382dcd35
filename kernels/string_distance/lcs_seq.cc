#include "kernels/string_distance/lcs_seq.h"

#include <algorithm>

#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/lcs_seq_editops.h"
#include "kernels/string_distance/short_block.h"

namespace kernelserve {
namespace {

// The indel distance is m + n - 2 * common and this one max(m, n) - common: the one is twice the
// other less the difference of the sizes.
int64_t SizesApart(Text left, Text right) {
  return static_cast<int64_t>(std::max(left.size(), right.size()) -
                              std::min(left.size(), right.size()));
}

int64_t FromIndel(Text left, Text right, int64_t cutoff, StopToken stop) {
  constexpr int64_t kWidest = int64_t{1} << 60;
  const int64_t apart = SizesApart(left, right);
  const int64_t indel_cutoff = 2 * std::min(cutoff, kWidest) - apart;
  int64_t indel;
  Indel::Block(TextColumn(&left), std::span(&right, 1), {.each = {}, .all = indel_cutoff},
               std::span(&indel, 1), stop);
  return indel > indel_cutoff ? cutoff + 1 : (indel + apart) / 2;
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
  LcsSeqShortBlock(left, right, cutoffs, out, stop);
  if (!AnyNotShort(out)) return;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == kNotShort) out[i] = FromIndel(left[i], right[i], cutoffs[i], stop);
  }
}

Editops LcsSeq::EditScript(Text left, Text right, StopToken stop) {
  return LcsSeqEditops(left, right, stop);
}

PairCost LcsSeq::EditScriptCost(size_t left_size, size_t right_size) {
  return LcsSeqEditopsCost(left_size, right_size);
}

void LcsSeq::CrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                        const TakeTile& take, StopToken stop) {
  const std::span<const Text> texts = choices.texts();
  IndelCrossBlock(
      queries, choices,
      [&](const CrossTile& tile) {
        for (size_t i = 0; i < tile.queries.size(); ++i) {
          const Text& query = queries[tile.queries[i]];
          const std::span<uint8_t> row = tile.Row(i);
          for (size_t c = 0; c < row.size(); ++c) {
            row[c] = static_cast<uint8_t>((row[c] + SizesApart(query, texts[tile.begin + c])) / 2);
          }
        }
        take(tile);
      },
      stop);
}

}  // namespace kernelserve

#include "kernels/string_distance/lcs_seq_editops.h"

#include <cstdint>

#include "kernels/string_distance/backward_columns.h"
#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/lcs_seq_words.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

// Whether the common subsequence of left's first i + 1 units is longer than that of i.
bool Grows(const LcsSeqWords& column, size_t i) { return (column[i / 64] >> (i % 64) & 1) == 0; }

size_t LcsSeqColumnBytes(size_t left_size) { return (left_size / 64 + 1) * sizeof(uint64_t); }

// Appends the script of texts that begin and end differently, backward.
void AlignLcsSeq(Text left, Text right, size_t position, StopToken stop, Editops* script) {
  size_t i = left.size();
  size_t j = right.size();
  if (i > 0 && j > 0) {
    const PatternMasks masks(left);
    PatternMasks::Reader reader(masks);
    StepPoll poll(stop);
    BackwardColumns<LcsSeqWords> columns(LcsSeqWords(masks.words(), ~uint64_t{0}),
                                         LcsSeqColumnBytes(left.size()));
    const auto next = [&](LcsSeqWords* column, size_t number) {
      AdvanceLcsSeq(reader.Row(right[number - 1], 0, masks.words() - 1), *column);
      return !poll.Stopped(masks.words());
    };
    while (i > 0 && j > 0) {
      const LcsSeqWords* column = columns.At(j, next);
      if (column == nullptr) return;
      if (!Grows(*column, i - 1)) {
        --i;
        script->Add(EditKind::kDeletion, position + i, position + j);
        continue;
      }
      --j;
      column = columns.At(j, next);
      if (column == nullptr) return;
      if (j > 0 && Grows(*column, i - 1)) {
        script->Add(EditKind::kInsertion, position + i, position + j);
      } else {
        --i;  // a unit of the common subsequence
      }
    }
  }
  while (i > 0) --i, script->Add(EditKind::kDeletion, position + i, position + j);
  while (j > 0) --j, script->Add(EditKind::kInsertion, position + i, position + j);
}

}  // namespace

Editops LcsSeqEditops(Text left, Text right, StopToken stop) {
  Editops script;
  const size_t prefix = StripCommonAffix(&left, &right);
  AlignLcsSeq(left, right, prefix, stop, &script);
  script.ReverseFrom(0);
  return script;
}

PairCost LcsSeqEditopsCost(size_t left_size, size_t right_size) {
  constexpr double kTimesComputed = 4;
  constexpr double kUnitNs = 50;
  return {.ns = kTimesComputed * ShortBlockCostNs(left_size, right_size, /*word_ns=*/2) +
                kUnitNs * static_cast<double>(left_size + right_size),
          .bytes = BackwardColumns<LcsSeqWords>::BytesMax(right_size, LcsSeqColumnBytes(left_size)),
          .edits = left_size + right_size};
}

}  // namespace kernelserve

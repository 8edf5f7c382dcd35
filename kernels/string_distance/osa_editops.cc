#include "kernels/string_distance/osa_editops.h"

#include <algorithm>
#include <cstdint>

#include "kernels/string_distance/backward_columns.h"
#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/osa.h"
#include "kernels/string_distance/osa_words.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

bool Bit(const OsaWords& column, size_t i, uint64_t OsaWord::*bits) {
  return (column[i / 64].*bits >> (i % 64) & 1) != 0;
}

size_t OsaColumnBytes(size_t left_size) { return (left_size / 64 + 1) * sizeof(OsaWord); }

// Appends the script of texts that begin and end differently, backward.
void AlignOsa(Text left, Text right, size_t position, StopToken stop, Editops* script) {
  size_t i = left.size();
  size_t j = right.size();
  if (i > 0 && j > 0) {
    const PatternMasks masks(left);
    PatternMasks::Reader reader(masks);
    StepPoll poll(stop);
    BackwardColumns<OsaWords> columns(OsaWords(masks.words()), OsaColumnBytes(left.size()));
    const auto next = [&](OsaWords* column, size_t number) {
      AdvanceOsa(reader.Row(right[number - 1], 0, masks.words() - 1), *column);
      return !poll.Stopped(masks.words());
    };
    while (i > 0 && j > 0) {
      const OsaWords* column = columns.At(j, next);
      if (column == nullptr) return;
      if (Bit(*column, i - 1, &OsaWord::vp)) {
        --i;
        script->Add(EditKind::kDeletion, position + i, position + j);
        continue;
      }
      const bool as_before = Bit(*column, i - 1, &OsaWord::d0);
      column = columns.At(--j, next);
      if (column == nullptr) return;
      if (j > 0 && Bit(*column, i - 1, &OsaWord::vn)) {
        script->Add(EditKind::kInsertion, position + i, position + j);
        continue;
      }
      --i;
      if (left[i] == right[j]) continue;
      if (as_before) {
        // The cell is no greater than the one diagonally before it, and no match makes it so, nor a
        // deletion or an insertion.
        --i, --j;
        script->Add(EditKind::kTransposition, position + i, position + j);
      } else {
        script->Add(EditKind::kSubstitution, position + i, position + j);
      }
    }
  }
  while (i > 0) --i, script->Add(EditKind::kDeletion, position + i, position + j);
  while (j > 0) --j, script->Add(EditKind::kInsertion, position + i, position + j);
}

}  // namespace

Editops OsaEditops(Text left, Text right, StopToken stop) {
  Editops script;
  const size_t prefix = StripCommonAffix(&left, &right);
  AlignOsa(left, right, prefix, stop, &script);
  script.ReverseFrom(0);
  return script;
}

PairCost OsaEditopsCost(size_t left_size, size_t right_size) {
  constexpr double kTimesComputed = 4;
  constexpr double kUnitNs = 50;
  return {.ns = kTimesComputed * Osa::CostNs(left_size, right_size) +
                kUnitNs * static_cast<double>(left_size + right_size),
          .bytes = BackwardColumns<OsaWords>::BytesMax(right_size, OsaColumnBytes(left_size)),
          .edits = std::max(left_size, right_size)};
}

}  // namespace kernelserve

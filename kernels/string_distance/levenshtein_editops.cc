#include "kernels/string_distance/levenshtein_editops.h"

#include <algorithm>
#include <limits>
#include <span>

#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/hyyro_band.h"
#include "kernels/string_distance/levenshtein.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

using Units = std::span<const uint32_t>;

// Above so many bytes of matrix, an alignment is divided (Hirschberg 1975). This and the sizes
// below are RapidFuzz's: where inputs are divided decides which of several shortest scripts is
// found.
constexpr uint64_t kMatrixBytesMax = 1 << 20;
constexpr size_t kDividedLeftMin = 65;
constexpr size_t kDividedRightMin = 10;

// The vertical differences of every column of a band, for reading an alignment back.
class BandMatrix {
 public:
  explicit BandMatrix(size_t columns) { columns_.reserve(columns); }

  void Add(const HyyroBand& band) {
    columns_.push_back({words_.size(), static_cast<uint32_t>(band.first())});
    for (size_t w = band.first(); w <= band.last(); ++w) words_.push_back(band.word(w));
  }

  size_t columns() const { return columns_.size(); }
  // Whether cell (i, j) is one more (one less) than cell (i - 1, j); i, j >= 1. False outside the
  // band: no shortest path leads there.
  bool Rises(size_t i, size_t j) const { return Bit(i, j, &HyyroBand::Word::vp); }
  bool Falls(size_t i, size_t j) const { return Bit(i, j, &HyyroBand::Word::vn); }

 private:
  struct Column {
    size_t begin;  // in words_
    uint32_t first_word;
  };

  bool Bit(size_t i, size_t j, uint64_t HyyroBand::Word::*bits) const {
    const Column& column = columns_[j - 1];
    const size_t end = j == columns_.size() ? words_.size() : columns_[j].begin;
    const size_t word = (i - 1) / 64;
    if (word < column.first_word || column.begin + (word - column.first_word) >= end) return false;
    return (words_[column.begin + (word - column.first_word)].*bits >> ((i - 1) % 64)) & 1;
  }

  std::vector<Column> columns_;
  std::vector<HyyroBand::Word> words_;
};

struct Division {
  size_t left;    // as many units of the left text go to the first half
  int64_t first;  // the halves' distances
  int64_t second;
};

class ScriptWriter {
 public:
  ScriptWriter(StopToken stop, Editops* script) : poll_(stop), script_(*script) {}

  // Appends the script for these texts, at these positions in the whole; `distance` is theirs.
  // `distance_max` is the bound that RapidFuzz has at this point. Recurses log2 of right's size
  // deep.
  void Write(Units left, Units right, size_t left_position, size_t right_position, int64_t distance,
             int64_t distance_max) {
    Text left_text(left);
    Text right_text(right);
    const size_t prefix = StripCommonAffix(&left_text, &right_text);
    left = left.subspan(prefix, left_text.size());
    right = right.subspan(prefix, right_text.size());
    left_position += prefix;
    right_position += prefix;

    distance_max =
        std::min(distance_max, static_cast<int64_t>(std::max(left.size(), right.size())));
    const uint64_t band = std::min<uint64_t>(left.size(), 2 * distance_max + 1);
    if (2 * band * right.size() / 8 < kMatrixBytesMax || left.size() < kDividedLeftMin ||
        right.size() < kDividedRightMin) {
      Align(left, right, left_position, right_position, distance);
      return;
    }
    const size_t right_half = right.size() / 2;
    const Division division = Divide(left, right, right_half, distance);
    if (stopped_) return;
    Write(left.first(division.left), right.first(right_half), left_position, right_position,
          division.first, division.first);
    Write(left.subspan(division.left), right.subspan(right_half), left_position + division.left,
          right_position + right_half, division.second, division.second);
  }

 private:
  // Scores of one column of the matrix, from cell `from` down.
  struct ColumnScores {
    size_t from = 0;
    std::vector<int64_t> scores;
  };

  // Runs `band` over `right`, and calls after_column() after each. False once stopped.
  template <typename AfterColumn>
  bool Run(Units left, Units right, HyyroBand* band, AfterColumn&& after_column) {
    const PatternMasks masks{Text(left)};
    PatternMasks::Reader reader(masks);
    for (const uint32_t unit : right) {
      // The distance is no guess: the band can't run out.
      band->Advance(reader.Row(unit, band->first(), band->last() + 1));
      after_column();
      stopped_ = stopped_ || poll_.Stopped(band->last() - band->first() + 1);
      if (stopped_) return false;
    }
    return true;
  }

  // The matrix's column after `right`, which is the first of a text of right_size units.
  ColumnScores ColumnAfter(Units left, Units right, size_t right_size, int64_t distance) {
    ColumnScores column;
    HyyroBand band(left.size(), right_size, distance);
    if (!Run(left, right, &band, [] {})) return column;
    column.from = 64 * band.first();
    column.scores.push_back(band.ScoreAbove());
    const size_t to = std::min(left.size(), 64 * (band.last() + 1));
    for (size_t row = column.from; row < to; ++row) {
      const HyyroBand::Word& word = band.word(row / 64);
      const auto rises = static_cast<int64_t>((word.vp >> (row % 64)) & 1);
      const auto falls = static_cast<int64_t>((word.vn >> (row % 64)) & 1);
      column.scores.push_back(column.scores.back() + rises - falls);
    }
    return column;
  }

  // Where a shortest path crosses from right's first half to its second: of several places, that
  // with the least of left before it.
  Division Divide(Units left, Units right, size_t right_half, int64_t distance) {
    const std::vector<uint32_t> left_reversed(left.rbegin(), left.rend());
    const std::vector<uint32_t> right_reversed(right.rbegin(), right.rend() - right_half);
    const ColumnScores first = ColumnAfter(left, right.first(right_half), right.size(), distance);
    const ColumnScores second = ColumnAfter(left_reversed, right_reversed, right.size(), distance);
    Division best = {0, 0, 0};
    int64_t best_score = std::numeric_limits<int64_t>::max();
    for (size_t i = 0; i < first.scores.size() && !stopped_; ++i) {
      const size_t before = first.from + i;
      const size_t after = left.size() - before;
      if (after < second.from || after - second.from >= second.scores.size()) continue;
      const int64_t second_score = second.scores[after - second.from];
      if (first.scores[i] + second_score >= best_score) continue;
      best_score = first.scores[i] + second_score;
      best = {before, first.scores[i], second_score};
    }
    return best;
  }

  // Reads the script back from the matrix's end: the deletion where there is one, then the
  // insertion where it comes from less than the substitution does.
  void Align(Units left, Units right, size_t left_position, size_t right_position,
             int64_t distance) {
    BandMatrix matrix(right.size());
    if (!left.empty() && !right.empty()) {
      HyyroBand band(left.size(), right.size(), distance);
      if (!Run(left, right, &band, [&] { matrix.Add(band); })) return;
    }
    const size_t begin = script_.size();
    size_t i = left.size();
    size_t j = right.size();
    const auto push = [&](EditKind kind) {
      script_.Add(kind, left_position + i, right_position + j);
    };
    while (i > 0 && j > 0) {
      if (matrix.Rises(i, j)) {
        --i;
        push(EditKind::kDeletion);
      } else if (--j; j > 0 && matrix.Falls(i, j)) {
        push(EditKind::kInsertion);
      } else {
        --i;
        if (left[i] != right[j]) push(EditKind::kSubstitution);
      }
    }
    while (i > 0) --i, push(EditKind::kDeletion);
    while (j > 0) --j, push(EditKind::kInsertion);
    script_.ReverseFrom(begin);
  }

  StepPoll poll_;
  bool stopped_ = false;
  Editops& script_;
};

// All widths as one: the cost of the copy is far below that of the alignment.
std::vector<uint32_t> CopyUnits(Text text) {
  return text.Visit([](auto units) { return std::vector<uint32_t>(units.begin(), units.end()); });
}

}  // namespace

Editops LevenshteinEditops(Text left, Text right, StopToken stop) {
  const std::vector<uint32_t> left_units = CopyUnits(left);
  const std::vector<uint32_t> right_units = CopyUnits(right);
  const int64_t distance =
      LevenshteinDistance(Text(Units(left_units)), Text(Units(right_units)), {}, stop);
  Editops script;
  if (stop.stopped()) return script;
  script.Reserve(distance);
  ScriptWriter(stop, &script)
      .Write(left_units, right_units, 0, 0, distance, std::numeric_limits<int32_t>::max());
  return script;
}

PairCost LevenshteinEditopsCost(size_t left_size, size_t right_size) {
  return {.ns = 4 * ShortBlockCostNs(left_size, right_size, /*word_ns=*/2.5) + 200,
          .bytes = left_size <= 64 ? 28 * right_size : 4 * kMatrixBytesMax,
          .edits = std::max(left_size, right_size)};
}

}  // namespace kernelserve

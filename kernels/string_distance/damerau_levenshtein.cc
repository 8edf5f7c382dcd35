#include "kernels/string_distance/damerau_levenshtein.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/step_poll.h"
#include "kernels/string_distance/symmetric_metric.h"

namespace kernelserve {
namespace {

constexpr uint32_t kAbsent = std::numeric_limits<uint32_t>::max();

// Numbers the different units of `text` from 0 on; ids[j] is that of its unit j.
class UnitIds {
 public:
  explicit UnitIds(Text text) : of_latin1_(256, kAbsent) {
    ids_.reserve(text.size());
    text.Visit([this](auto units) {
      for (const uint32_t unit : units) {
        uint32_t* const id = Place(unit);
        if (*id == kAbsent) *id = count_++;
        ids_.push_back(*id);
      }
    });
  }

  const std::vector<uint32_t>& ids() const { return ids_; }
  uint32_t count() const { return count_; }
  // kAbsent where the text does not have the unit.
  uint32_t Find(uint32_t unit) const {
    if (unit < of_latin1_.size()) return of_latin1_[unit];
    const auto found = of_others_.find(unit);
    return found == of_others_.end() ? kAbsent : found->second;
  }

 private:
  uint32_t* Place(uint32_t unit) {
    if (unit < of_latin1_.size()) return &of_latin1_[unit];
    return &of_others_.try_emplace(unit, kAbsent).first->second;
  }

  std::vector<uint32_t> of_latin1_;
  absl::flat_hash_map<uint32_t, uint32_t> of_others_;
  std::vector<uint32_t> ids_;
  uint32_t count_ = 0;
};

// The matrix by rows, of which two are kept. A transposition ends at (i, j) where right[j] occurs
// in left last at row k < i, and left[i] occurs in right last at column l < j; it costs what (k-1,
// l-1) does, and all between. It is of use only if nothing was inserted or if nothing was deleted
// between, so that these cells are needed:
//   k = i - 1: of the row before the last, the cell before the last match in this row;
//   l = j - 1: of the row before a match in column j - 1, the cell before it, kept by column.
int64_t DistanceOf(Text left, Text right, int64_t cutoff, StopToken stop) {
  StripCommonAffix(&left, &right);
  if (left.empty() || right.empty()) {
    return WithCutoff(static_cast<int64_t>(left.size() + right.size()), cutoff);
  }
  if (left.size() < right.size()) std::swap(left, right);  // the rows are as short as can be
  const auto apart = static_cast<int64_t>(left.size() - right.size());
  if (apart > cutoff) return cutoff + 1;

  using Cell = int64_t;
  constexpr Cell kFar = int64_t{1} << 40;
  const UnitIds ids(right);
  const size_t n = right.size();
  std::vector<Cell> last(n + 1, kFar);
  std::vector<Cell> row(n + 1);
  for (size_t j = 0; j <= n; ++j) row[j] = static_cast<Cell>(j);
  std::vector<Cell> before_match(n + 1, kFar);  // by column: two rows up and two columns back
  std::vector<Cell> last_row(ids.count(), -1);  // by unit: where left had it last
  StepPoll poll(stop);
  left.Visit([&](auto units) {
    for (size_t r = 0; r < units.size(); ++r) {
      const auto i = static_cast<Cell>(r + 1);
      const uint32_t id = ids.Find(units[r]);
      std::swap(row, last);
      // `row` still holds the row before the last, cell by cell until it is overwritten.
      const Cell* const above = last.data();
      Cell* const here = row.data();
      Cell two_up = here[0];  // two rows up, at the column before this one
      here[0] = i;
      Cell before_last_match = kFar;
      Cell last_column = -1;
      for (size_t c = 0; c < n;) {
        const size_t end = std::min(n, c + StepPoll::kStepsBetween);
        const size_t steps = end - c;
        for (; c < end; ++c) {
          const size_t j = c + 1;
          const auto column = static_cast<Cell>(j);
          const bool equal = ids.ids()[c] == id;
          Cell best = std::min({above[j - 1] + !equal, here[j - 1] + 1, above[j] + 1});
          if (equal) {
            last_column = column;
            before_match[j] = j >= 2 ? above[j - 2] : kFar;
            before_last_match = two_up;
          } else {
            const Cell k = last_row[ids.ids()[c]];
            if (column - last_column == 1) {
              if (k >= 0) best = std::min(best, before_match[j] + (i - k));
            } else if (i - k == 1 && last_column >= 0) {
              best = std::min(best, before_last_match + (column - last_column));
            }
          }
          two_up = here[j];
          here[j] = best;
        }
        if (poll.Stopped(steps)) return;
      }
      if (id != kAbsent) last_row[id] = i;
    }
  });
  return WithCutoff(row[n], cutoff);
}

}  // namespace

int64_t DamerauLevenshtein::Maximum(size_t left_size, size_t right_size) {
  return static_cast<int64_t>(std::max(left_size, right_size));
}

// Fitted to string_distance_benchmark.cc.
double DamerauLevenshtein::CostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 300;  // tables
  constexpr double kCellNs = 2.5;
  return kPairNs + kCellNs * static_cast<double>(left_size) * static_cast<double>(right_size);
}

void DamerauLevenshtein::Block(TextColumn left, std::span<const Text> right,
                               const ScoreCutoffs& cutoffs, std::span<int64_t> out,
                               StopToken stop) {
  EachPair(left, right, cutoffs, out, stop,
           [stop](Text a, Text b, int64_t cutoff) { return DistanceOf(a, b, cutoff, stop); });
}

}  // namespace kernelserve

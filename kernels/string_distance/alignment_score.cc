#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/alignment_score.cc"
#include "kernels/string_distance/alignment_score.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/step_poll.h"

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_SCORE_CC_ONCE
#define KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_SCORE_CC_ONCE
namespace kernelserve::alignment_internal {

// Texts of up to so many units share a vector with other pairs.
constexpr size_t kLaneUnits = 128;
// What no text of a lane has: after its end, nothing matches.
constexpr uint16_t kLeftEnd = 0xFFFF;
constexpr uint16_t kRightEnd = 0xFFFE;

// Names as in Gotoh's paper but for the case: d is the best score so far, p that of an alignment
// that ends in a gap in right, q that of one in left.
struct Cell {
  int64_t d;
  int64_t p;
};

// One pair of any size, row by row.
inline int64_t OnePair(AlignmentKind kind, Text left, Text right, const AlignmentScores& scores,
                       StopToken stop) {
  // Less than any score, and far from the least number.
  constexpr int64_t kNone = -(int64_t{1} << 60);
  const bool is_local = kind == AlignmentKind::kLocal;
  const auto gap = [&](size_t units) {
    if (units == 0 || is_local) return int64_t{0};
    return scores.gap_open + static_cast<int64_t>(units - 1) * scores.gap_extend;
  };
  if (left.size() < right.size()) std::swap(left, right);
  std::vector<Cell> row(right.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = {gap(j), kNone};
  int64_t best = 0;
  StepPoll poll(stop);
  left.Visit([&](auto a) {
    right.Visit([&](auto b) {
      for (size_t i = 0; i < a.size() && !poll.Stopped(b.size()); ++i) {
        int64_t diagonal = row[0].d;
        row[0].d = gap(i + 1);
        int64_t q = kNone;
        for (size_t j = 0; j < b.size(); ++j) {
          Cell& cell = row[j + 1];
          cell.p = std::max(cell.p + scores.gap_extend, cell.d + scores.gap_open);
          q = std::max(q + scores.gap_extend, row[j].d + scores.gap_open);
          const int64_t paired = diagonal + (a[i] == b[j] ? scores.match : scores.mismatch);
          diagonal = cell.d;
          cell.d = std::max({paired, cell.p, q});
          if (is_local) {
            cell.d = std::max<int64_t>(cell.d, 0);
            best = std::max(best, cell.d);
          }
        }
      }
    });
  });
  return is_local ? best : row.back().d;
}

// Whether all scores of the pair fit a lane, which saturates.
inline bool FitsLane(Text left, Text right, const AlignmentScores& scores) {
  const size_t units = left.size() + right.size();
  if (std::max(left.size(), right.size()) > kLaneUnits) return false;
  if (std::max(left.width(), right.width()) > 2) return false;
  const int64_t greatest = std::max({std::abs(scores.match), std::abs(scores.mismatch),
                                     std::abs(scores.gap_open), std::abs(scores.gap_extend)});
  return greatest * static_cast<int64_t>(units + 1) < (1 << 14);
}

}  // namespace kernelserve::alignment_internal
#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_ALIGNMENT_SCORE_CC_ONCE

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace alignment = alignment_internal;

// As many pairs as a vector has lanes, one a lane.
template <AlignmentKind kKind>
class PairLanes {
 public:
  static constexpr size_t kPairs = HWY_LANES(int16_t);

  // Texts of lanes that are not set are empty.
  void Clear() {
    left_sizes_.fill(0);
    right_sizes_.fill(0);
  }

  // False where a unit is one that stands for a text's end.
  bool Set(size_t lane, Text left, Text right) {
    left_sizes_[lane] = left.size();
    right_sizes_[lane] = right.size();
    return Transpose(left, lane, left_) && Transpose(right, lane, right_);
  }

  void Run(const AlignmentScores& scores, std::array<int64_t, kPairs>* out) {
    const size_t rows = *std::max_element(left_sizes_.begin(), left_sizes_.end());
    const size_t columns = *std::max_element(right_sizes_.begin(), right_sizes_.end());
    for (size_t lane = 0; lane < kPairs; ++lane) {
      PadFrom(left_sizes_[lane], rows, lane, alignment::kLeftEnd, left_);
      PadFrom(right_sizes_[lane], columns, lane, alignment::kRightEnd, right_);
    }
    const D d;
    const auto match = Score(scores.match);
    const auto mismatch = Score(scores.mismatch);
    const auto open = Score(scores.gap_open);
    const auto extend = Score(scores.gap_extend);
    const auto zero = hn::Zero(d);
    const auto none = Score(kNone);
    const bool is_local = kKind == AlignmentKind::kLocal;

    hn::Store(zero, d, best_);
    auto edge = is_local ? zero : open;
    hn::Store(zero, d, d_);
    for (size_t j = 1; j <= columns; ++j) {
      hn::Store(edge, d, d_ + j * kPairs);
      hn::Store(none, d, p_ + j * kPairs);
      if (!is_local) edge = hn::SaturatedAdd(edge, extend);
    }
    auto best = zero;
    auto first = zero;
    TakeScores(0, out);
    for (size_t i = 0; i < rows; ++i) {
      const auto unit = hn::Load(Unsigned(), left_ + i * kPairs);
      auto diagonal = first;
      if (!is_local) first = i == 0 ? open : hn::SaturatedAdd(first, extend);
      auto before = first;
      auto q = none;
      hn::Store(first, d, d_);
      for (size_t j = 0; j < columns; ++j) {
        auto* const cell = d_ + (j + 1) * kPairs;
        auto* const gap = p_ + (j + 1) * kPairs;
        const auto above = hn::Load(d, cell);
        const auto equal =
            hn::RebindMask(d, hn::Eq(unit, hn::Load(Unsigned(), right_ + j * kPairs)));
        const auto p =
            hn::Max(hn::SaturatedAdd(hn::Load(d, gap), extend), hn::SaturatedAdd(above, open));
        q = hn::Max(hn::SaturatedAdd(q, extend), hn::SaturatedAdd(before, open));
        const auto paired = hn::SaturatedAdd(diagonal, hn::IfThenElse(equal, match, mismatch));
        diagonal = above;
        before = hn::Max(paired, hn::Max(p, q));
        if constexpr (kKind == AlignmentKind::kLocal) {
          before = hn::Max(before, zero);
          best = hn::Max(best, before);
        }
        hn::Store(before, d, cell);
        hn::Store(p, d, gap);
      }
      hn::Store(best, d, best_);
      TakeScores(i + 1, out);
    }
  }

 private:
  using D = hn::CappedTag<int16_t, kPairs>;
  using Unsigned = hn::CappedTag<uint16_t, kPairs>;
  // Less than any score of a lane (FitsLane).
  static constexpr int16_t kNone = -(1 << 15);

  static HWY_INLINE auto Score(int64_t score) { return hn::Set(D(), static_cast<int16_t>(score)); }

  static bool Transpose(Text text, size_t lane, uint16_t* lanes) {
    return text.Visit([&](auto units) {
      uint16_t greatest = 0;
      for (size_t i = 0; i < units.size(); ++i) {
        const auto unit = static_cast<uint16_t>(units[i]);
        lanes[i * kPairs + lane] = unit;
        greatest = std::max(greatest, unit);
      }
      return greatest < alignment::kRightEnd;
    });
  }
  static void PadFrom(size_t begin, size_t end, size_t lane, uint16_t unit, uint16_t* lanes) {
    for (size_t i = begin; i < end; ++i) lanes[i * kPairs + lane] = unit;
  }

  // Those of the lanes whose left text ends at this row. Cells beyond a text's end are computed
  // too, and matter to none before; to a local score neither, as nothing there adds to it.
  void TakeScores(size_t row, std::array<int64_t, kPairs>* out) const {
    for (size_t lane = 0; lane < kPairs; ++lane) {
      if (left_sizes_[lane] != row) continue;
      (*out)[lane] =
          kKind == AlignmentKind::kLocal ? best_[lane] : d_[right_sizes_[lane] * kPairs + lane];
    }
  }

  std::array<size_t, kPairs> left_sizes_;
  std::array<size_t, kPairs> right_sizes_;
  HWY_ALIGN uint16_t left_[alignment::kLaneUnits * kPairs];
  HWY_ALIGN uint16_t right_[alignment::kLaneUnits * kPairs];
  HWY_ALIGN int16_t d_[(alignment::kLaneUnits + 1) * kPairs];
  HWY_ALIGN int16_t p_[(alignment::kLaneUnits + 1) * kPairs];
  HWY_ALIGN int16_t best_[kPairs];
};

template <AlignmentKind kKind>
void Align(std::span<const Text> left, std::span<const Text> right, const AlignmentScores& scores,
           std::span<int64_t> out, StopToken stop) {
  using Lanes = PairLanes<kKind>;
  // Beyond a local alignment's texts, mismatches must not add to its score.
  const bool takes_lanes = kKind == AlignmentKind::kGlobal || scores.mismatch <= 0;
  std::vector<size_t> waiting;
  for (size_t i = 0; i < out.size(); ++i) {
    if (stop.stopped()) return;
    if (takes_lanes && alignment::FitsLane(left[i], right[i], scores)) {
      waiting.push_back(i);
    } else {
      out[i] = alignment::OnePair(kKind, left[i], right[i], scores, stop);
    }
  }
  // Pairs of about the same size together.
  std::sort(waiting.begin(), waiting.end(), [&](size_t x, size_t y) {
    return left[x].size() + right[x].size() < left[y].size() + right[y].size();
  });
  if (waiting.empty()) return;
  const auto lanes = std::make_unique_for_overwrite<Lanes>();
  std::array<int64_t, Lanes::kPairs> found{};
  for (size_t first = 0; first < waiting.size() && !stop.stopped(); first += Lanes::kPairs) {
    const auto group =
        std::span(waiting).subspan(first, std::min(Lanes::kPairs, waiting.size() - first));
    lanes->Clear();
    bool all_set = true;
    for (size_t lane = 0; lane < group.size(); ++lane) {
      all_set = lanes->Set(lane, left[group[lane]], right[group[lane]]) && all_set;
    }
    if (all_set) lanes->Run(scores, &found);
    for (size_t lane = 0; lane < group.size(); ++lane) {
      const size_t i = group[lane];
      out[i] = all_set ? found[lane] : alignment::OnePair(kKind, left[i], right[i], scores, stop);
    }
  }
}

void AlignPairs(AlignmentKind kind, std::span<const Text> left, std::span<const Text> right,
                const AlignmentScores& scores, std::span<int64_t> out, StopToken stop) {
  if (kind == AlignmentKind::kGlobal) {
    Align<AlignmentKind::kGlobal>(left, right, scores, out, stop);
  } else {
    Align<AlignmentKind::kLocal>(left, right, scores, out, stop);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(AlignPairs);

void AlignmentScoreBlock(AlignmentKind kind, std::span<const Text> left,
                         std::span<const Text> right, const AlignmentScores& scores,
                         std::span<int64_t> out, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(AlignPairs)(kind, left, right, scores, out, stop);
}

// Fitted to catalog_benchmark.cc.
double AlignmentScoreCostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 25;
  constexpr double kLaneCellNs = 0.12;
  constexpr double kCellNs = 1.5;
  const double cells = static_cast<double>(left_size) * static_cast<double>(right_size);
  const bool is_short = std::max(left_size, right_size) <= alignment_internal::kLaneUnits;
  return kPairNs + cells * (is_short ? kLaneCellNs : kCellNs);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "kernels/string_distance/best_part.h"
#include "kernels/string_distance/ratio_queue.h"
#include "kernels/string_distance/step_poll.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/best_long_part.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#ifndef KERNELSERVE_BEST_LONG_PART_SCAN_  // once, not for each target
#define KERNELSERVE_BEST_LONG_PART_SCAN_
namespace kernelserve {

// The best part of a text, given where the strand that leaves at the bottom of each of its columns
// entered: from m on at the top, at column entered_at[j] - m. What the pattern, m units, has in
// common with columns [begin, end) is their number less the strands that enter at their top and
// leave at their bottom. Parts are windows that slide over the text, cut off at its ends.
template <typename Lane>
double BestOfStrands(std::span<const Lane> entered_at, size_t m) {
  const size_t n = entered_at.size();
  std::vector<uint32_t> left_at(n, std::numeric_limits<uint32_t>::max());
  for (size_t j = 0; j < n; ++j) {
    if (entered_at[j] >= m) left_at[entered_at[j] - m] = static_cast<uint32_t>(j);
  }
  double best = 0;
  size_t strands = 0;
  size_t begin = 0;
  for (size_t last = 0; last < n + m - 1; ++last) {
    if (last < n && entered_at[last] >= m + begin) ++strands;
    const size_t end = std::min(last + 1, n);
    if (last >= m) {
      if (left_at[begin] < end) --strands;
      ++begin;
    }
    const size_t units = end - begin;
    const auto common = static_cast<int64_t>(units - strands);
    best = std::max(best, RatioOf(static_cast<int64_t>(m + units) - 2 * common, m + units));
  }
  return best;
}

}  // namespace kernelserve
#endif

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Of the two strands that enter a cell, each goes straight on and so they cross, unless its units
// match, or they have crossed before.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void Comb(D d, hn::Mask<D> cells, const hn::TFromD<D>* pattern,
                     const hn::TFromD<D>* text, hn::TFromD<D>* rows, hn::TFromD<D>* columns) {
  const V row = hn::LoadU(d, rows);
  const V column = hn::LoadU(d, columns);
  const auto match = hn::Eq(hn::LoadU(d, pattern), hn::LoadU(d, text));
  const V next_row = hn::IfThenElse(match, column, hn::Min(row, column));
  const V next_column = hn::IfThenElse(match, row, hn::Max(row, column));
  hn::StoreU(hn::IfThenElse(cells, next_row, row), d, rows);
  hn::StoreU(hn::IfThenElse(cells, next_column, column), d, columns);
}

// Cells of an antidiagonal at once: they have no row and no column in common. Rows are from the
// bottom up, so that both ascend.
template <typename Lane>
double BestByCombing(Text shorter, Text longer, StopToken stop) {
  const hn::ScalableTag<Lane> d;
  const size_t lanes = hn::Lanes(d);
  const size_t m = shorter.size();
  const size_t n = longer.size();
  std::vector<Lane> pattern(m + lanes);
  std::vector<Lane> text(n + lanes);
  shorter.Visit([&](auto units) { std::copy(units.rbegin(), units.rend(), pattern.begin()); });
  longer.Visit([&](auto units) { std::copy(units.begin(), units.end(), text.begin()); });
  // Strands by where they enter: up the left side and on along the top.
  std::vector<Lane> rows(m + lanes);
  std::vector<Lane> columns(n + lanes);
  std::iota(rows.begin(), rows.end(), Lane{0});
  std::iota(columns.begin(), columns.end(), static_cast<Lane>(m));
  StepPoll poll(stop);
  for (size_t diagonal = 0; diagonal < m + n - 1; ++diagonal) {
    const size_t row = diagonal < m ? m - 1 - diagonal : 0;
    const size_t row_end = diagonal < n ? m : m + n - 1 - diagonal;
    const size_t column = diagonal + row + 1 - m;
    const size_t cells = row_end - row;
    size_t i = 0;
    for (; i + lanes <= cells; i += lanes) {
      Comb(d, hn::FirstN(d, lanes), &pattern[row + i], &text[column + i], &rows[row + i],
           &columns[column + i]);
    }
    if (i < cells) {
      Comb(d, hn::FirstN(d, cells - i), &pattern[row + i], &text[column + i], &rows[row + i],
           &columns[column + i]);
    }
    if (poll.Stopped(i / lanes + 1)) return 0;
  }
  return BestOfStrands(std::span<const Lane>(columns).first(n), m);
}

double BestOfAnySize(Text shorter, Text longer, StopToken stop) {
  const bool narrow = shorter.width() <= 2 && longer.width() <= 2;
  if (narrow && shorter.size() + longer.size() <= kNarrowStrandsMax) {
    return BestByCombing<uint16_t>(shorter, longer, stop);
  }
  return BestByCombing<uint32_t>(shorter, longer, stop);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(BestOfAnySize);

double BestLongPart(Text shorter, Text longer, StopToken stop) {
  return HWY_DYNAMIC_DISPATCH(BestOfAnySize)(shorter, longer, stop);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

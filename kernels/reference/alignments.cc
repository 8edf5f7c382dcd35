#include "kernels/reference/alignments.h"

#include <algorithm>

namespace kernelserve::reference {

int64_t AlignmentScore(AlignmentKind kind, const std::vector<uint32_t>& left,
                       const std::vector<uint32_t>& right, const AlignmentScores& scores) {
  const auto gap = [&](size_t units) {
    return scores.gap_open + static_cast<int64_t>(units - 1) * scores.gap_extend;
  };
  const bool is_local = kind == AlignmentKind::kLocal;
  std::vector<std::vector<int64_t>> best(left.size() + 1, std::vector<int64_t>(right.size() + 1));
  int64_t greatest = 0;
  for (size_t i = 0; i <= left.size(); ++i) {
    for (size_t j = 0; j <= right.size(); ++j) {
      if (i == 0 && j == 0) continue;
      std::vector<int64_t> candidates;
      if (i > 0 && j > 0) {
        candidates.push_back(best[i - 1][j - 1] +
                             (left[i - 1] == right[j - 1] ? scores.match : scores.mismatch));
      }
      for (size_t units = 1; units <= i; ++units) {
        candidates.push_back(best[i - units][j] + gap(units));
      }
      for (size_t units = 1; units <= j; ++units) {
        candidates.push_back(best[i][j - units] + gap(units));
      }
      if (is_local) candidates.push_back(0);
      best[i][j] = *std::max_element(candidates.begin(), candidates.end());
      greatest = std::max(greatest, best[i][j]);
    }
  }
  return is_local ? greatest : best.back().back();
}

}  // namespace kernelserve::reference

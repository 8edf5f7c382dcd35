#include "kernels/reference/distances.h"

#include <algorithm>

#include "kernels/reference/levenshtein.h"

namespace kernelserve::reference {
namespace {

int64_t LongerSize(const UnitVector& left, const UnitVector& right) {
  return static_cast<int64_t>(std::max(left.size(), right.size()));
}

// Cells (i, j) from those above and to the left, where `transposed(d, i, j)` is the best way by a
// transposition that ends there.
template <typename Transposed>
int64_t WithTranspositions(const UnitVector& left, const UnitVector& right,
                           const Transposed& transposed) {
  Matrix d(left.size() + 1, std::vector<int64_t>(right.size() + 1));
  for (size_t i = 0; i <= left.size(); ++i) {
    for (size_t j = 0; j <= right.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = static_cast<int64_t>(i + j);
        continue;
      }
      const int64_t cost = left[i - 1] == right[j - 1] ? 0 : 1;
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost, transposed(d, i, j)});
    }
  }
  return d.back().back();
}

constexpr int64_t kFar = int64_t{1} << 40;

}  // namespace

int64_t OsaDistance(const UnitVector& left, const UnitVector& right) {
  return WithTranspositions(left, right, [&](const Matrix& d, size_t i, size_t j) {
    const bool swapped =
        i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
    return swapped ? d[i - 2][j - 2] + 1 : kFar;
  });
}

int64_t DamerauLevenshteinDistance(const UnitVector& left, const UnitVector& right) {
  // last_row[j]: the last row above i whose unit is right's at column j; last_column the like.
  std::vector<size_t> last_row(right.size() + 1, 0);
  size_t last_column = 0;
  return WithTranspositions(left, right, [&](const Matrix& d, size_t i, size_t j) {
    if (j == 1) last_column = 0;
    const size_t k = last_row[j];
    const size_t l = last_column;
    if (left[i - 1] == right[j - 1]) {
      last_row[j] = i;
      last_column = j;
    }
    if (k == 0 || l == 0) return kFar;
    return d[k - 1][l - 1] + static_cast<int64_t>((i - k - 1) + 1 + (j - l - 1));
  });
}

int64_t IndelDistance(const UnitVector& left, const UnitVector& right) {
  return LevenshteinDistance(left, right, 1, 1, 2);
}

int64_t LcsSeqDistance(const UnitVector& left, const UnitVector& right) {
  Matrix common(left.size() + 1, std::vector<int64_t>(right.size() + 1));
  for (size_t i = 1; i <= left.size(); ++i) {
    for (size_t j = 1; j <= right.size(); ++j) {
      common[i][j] = left[i - 1] == right[j - 1] ? common[i - 1][j - 1] + 1
                                                 : std::max(common[i - 1][j], common[i][j - 1]);
    }
  }
  return LongerSize(left, right) - common.back().back();
}

int64_t HammingDistance(const UnitVector& left, const UnitVector& right) {
  int64_t equal = 0;
  for (size_t i = 0; i < left.size() && i < right.size(); ++i) equal += left[i] == right[i];
  return LongerSize(left, right) - equal;
}

int64_t PrefixDistance(const UnitVector& left, const UnitVector& right) {
  int64_t common = 0;
  for (size_t i = 0; i < left.size() && i < right.size() && left[i] == right[i]; ++i) ++common;
  return LongerSize(left, right) - common;
}

int64_t PostfixDistance(const UnitVector& left, const UnitVector& right) {
  return PrefixDistance({left.rbegin(), left.rend()}, {right.rbegin(), right.rend()});
}

double JaroSimilarity(const UnitVector& left, const UnitVector& right) {
  if (left.empty() && right.empty()) return 1;
  const int64_t window = std::max<int64_t>(0, LongerSize(left, right) / 2 - 1);
  std::vector<bool> taken(right.size());
  UnitVector left_common;
  for (size_t i = 0; i < left.size(); ++i) {
    for (size_t j = 0; j < right.size(); ++j) {
      const int64_t apart = static_cast<int64_t>(i) - static_cast<int64_t>(j);
      if (taken[j] || left[i] != right[j] || apart > window || -apart > window) continue;
      taken[j] = true;
      left_common.push_back(left[i]);
      break;
    }
  }
  if (left_common.empty()) return 0;
  UnitVector right_common;
  for (size_t j = 0; j < right.size(); ++j) {
    if (taken[j]) right_common.push_back(right[j]);
  }
  size_t out_of_order = 0;
  for (size_t i = 0; i < left_common.size(); ++i) {
    out_of_order += left_common[i] != right_common[i];
  }
  const size_t transpositions = out_of_order / 2;
  const auto common = static_cast<double>(left_common.size());
  return (common / static_cast<double>(left.size()) + common / static_cast<double>(right.size()) +
          (common - static_cast<double>(transpositions)) / common) /
         3.0;
}

}  // namespace kernelserve::reference

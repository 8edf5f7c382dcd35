#include "kernels/reference/levenshtein.h"

#include <algorithm>

namespace kernelserve::reference {

Matrix LevenshteinMatrix(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right,
                         int64_t insertion, int64_t deletion, int64_t substitution) {
  Matrix d(left.size() + 1, std::vector<int64_t>(right.size() + 1));
  for (size_t i = 0; i <= left.size(); ++i) {
    for (size_t j = 0; j <= right.size(); ++j) {
      if (i == 0) {
        d[i][j] = static_cast<int64_t>(j) * insertion;
      } else if (j == 0) {
        d[i][j] = static_cast<int64_t>(i) * deletion;
      } else {
        const int64_t cost = left[i - 1] == right[j - 1] ? 0 : substitution;
        d[i][j] =
            std::min({d[i - 1][j] + deletion, d[i][j - 1] + insertion, d[i - 1][j - 1] + cost});
      }
    }
  }
  return d;
}

int64_t LevenshteinDistance(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right,
                            int64_t insertion, int64_t deletion, int64_t substitution) {
  return LevenshteinMatrix(left, right, insertion, deletion, substitution).back().back();
}

std::vector<Edit> LevenshteinEditops(const std::vector<uint32_t>& left,
                                     const std::vector<uint32_t>& right) {
  const Matrix d = LevenshteinMatrix(left, right, 1, 1, 1);
  std::vector<Edit> script;
  auto i = static_cast<uint32_t>(left.size());
  auto j = static_cast<uint32_t>(right.size());
  while (i > 0 || j > 0) {
    if (i > 0 && d[i][j] == d[i - 1][j] + 1) {
      --i;
      script.push_back({'d', i, j});
    } else if (i == 0 || (j > 1 && d[i][j - 1] < d[i - 1][j - 1])) {
      --j;
      script.push_back({'i', i, j});
    } else {
      --i;
      --j;
      if (left[i] != right[j]) script.push_back({'s', i, j});
    }
  }
  std::reverse(script.begin(), script.end());
  return script;
}

std::vector<uint32_t> ApplyEditops(const std::vector<Edit>& script,
                                   const std::vector<uint32_t>& left,
                                   const std::vector<uint32_t>& right) {
  std::vector<uint32_t> result;
  size_t taken = 0;
  for (const Edit& edit : script) {
    for (; taken < edit.left_position; ++taken) result.push_back(left.at(taken));
    if (edit.kind != 'd') result.push_back(right.at(edit.right_position));
    if (edit.kind == 't') result.push_back(right.at(edit.right_position + 1)), ++taken;
    if (edit.kind != 'i') ++taken;
  }
  for (; taken < left.size(); ++taken) result.push_back(left.at(taken));
  return result;
}

}  // namespace kernelserve::reference

#include "kernels/reference/ngrams.h"

#include <cmath>

namespace kernelserve::reference {
namespace {

double CommonSize(const NgramSet& left, const NgramSet& right) {
  double common = 0;
  for (const auto& gram : left) common += right.contains(gram) ? 1 : 0;
  return common;
}

}  // namespace

NgramSet Ngrams(const std::vector<uint32_t>& text, size_t n) {
  NgramSet grams;
  for (auto begin = text.begin(); n <= static_cast<size_t>(text.end() - begin); ++begin) {
    grams.emplace(begin, begin + static_cast<std::ptrdiff_t>(n));
  }
  return grams;
}

double Jaccard(const NgramSet& left, const NgramSet& right) {
  NgramSet either = left;
  either.insert(right.begin(), right.end());
  return CommonSize(left, right) / static_cast<double>(either.size());
}

double SorensenDice(const NgramSet& left, const NgramSet& right) {
  return 2 * CommonSize(left, right) / static_cast<double>(left.size() + right.size());
}

double Cosine(const NgramSet& left, const NgramSet& right) {
  return CommonSize(left, right) / std::sqrt(static_cast<double>(left.size() * right.size()));
}

}  // namespace kernelserve::reference

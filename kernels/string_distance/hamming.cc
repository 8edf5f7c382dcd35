#include "kernels/string_distance/hamming.h"

#include <algorithm>

namespace kernelserve {

int64_t HammingDistance(Text left, Text right) {
  const size_t shorter = std::min(left.size(), right.size());
  const size_t equal = left.Visit([&](auto a) {
    return right.Visit([&](auto b) {
      size_t count = 0;
      for (size_t i = 0; i < shorter; ++i) count += a[i] == b[i];
      return count;
    });
  });
  return static_cast<int64_t>(std::max(left.size(), right.size()) - equal);
}

Editops HammingEditops(Text left, Text right) {
  Editops script;
  const size_t shorter = std::min(left.size(), right.size());
  for (size_t i = 0; i < shorter; ++i) {
    if (left[i] != right[i]) script.Add(EditKind::kSubstitution, i, i);
  }
  for (size_t i = shorter; i < left.size(); ++i) {
    script.Add(EditKind::kDeletion, i, right.size());
  }
  for (size_t i = shorter; i < right.size(); ++i) {
    script.Add(EditKind::kInsertion, left.size(), i);
  }
  return script;
}

PairCost HammingEditopsCost(size_t left_size, size_t right_size) {
  constexpr double kUnitNs = 5;
  const size_t longer = std::max(left_size, right_size);
  return {.ns = kUnitNs * static_cast<double>(longer), .bytes = 0, .edits = longer};
}

// Fitted to kernels/catalog_benchmark.cc.
double HammingCostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 5;
  constexpr double kUnitNs = 0.5;
  return kPairNs + kUnitNs * static_cast<double>(std::min(left_size, right_size));
}

}  // namespace kernelserve

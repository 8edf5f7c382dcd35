#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_COMMON_AFFIX_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_COMMON_AFFIX_H_

#include <algorithm>
#include <cstddef>

#include "kernels/text.h"

namespace kernelserve {

// Takes the longest common prefix off both texts, then the longest common suffix; returns the
// prefix's size in units. No edit distance depends on either.
inline size_t StripCommonAffix(Text* left, Text* right) {
  return left->Visit([&](auto a) {
    return right->Visit([&](auto b) {
      const size_t shorter = std::min(a.size(), b.size());
      size_t prefix = 0;
      while (prefix < shorter && a[prefix] == b[prefix]) ++prefix;
      size_t suffix = 0;
      while (suffix < shorter - prefix && a[a.size() - 1 - suffix] == b[b.size() - 1 - suffix]) {
        ++suffix;
      }
      *left = Text(a.subspan(prefix, a.size() - prefix - suffix));
      *right = Text(b.subspan(prefix, b.size() - prefix - suffix));
      return prefix;
    });
  });
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_COMMON_AFFIX_H_

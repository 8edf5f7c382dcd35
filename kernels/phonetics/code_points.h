#ifndef KERNELSERVE_KERNELS_PHONETICS_CODE_POINTS_H_
#define KERNELSERVE_KERNELS_PHONETICS_CODE_POINTS_H_

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace kernelserve::phonetics {

struct CodePointRange {
  char32_t first;
  char32_t last;
};

// Whether one of `ranges`, which ascend, has the code point.
inline bool Contains(std::span<const CodePointRange> ranges, char32_t code_point) {
  const auto range = std::lower_bound(
      ranges.begin(), ranges.end(), code_point,
      [](const CodePointRange& range, char32_t value) { return range.last < value; });
  return range != ranges.end() && range->first <= code_point;
}

// Of a letter in upper case, which may be several code points.
inline bool IsVowel(std::u32string_view letter) {
  return letter.size() == 1 && std::u32string_view(U"AEIOU").find(letter) != letter.npos;
}

// UTF-8, with surrogates in their three-byte form. What is no code point becomes U+FFFD.
std::string Utf8(std::u32string_view text);

}  // namespace kernelserve::phonetics

#endif  // KERNELSERVE_KERNELS_PHONETICS_CODE_POINTS_H_

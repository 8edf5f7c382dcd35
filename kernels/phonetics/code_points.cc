#include "kernels/phonetics/code_points.h"

namespace kernelserve::phonetics {
namespace {

constexpr char32_t kLast = 0x10FFFF;
constexpr char32_t kReplacement = 0xFFFD;

}  // namespace

std::string Utf8(std::u32string_view text) {
  std::string utf8;
  utf8.reserve(text.size());
  const auto append = [&](char32_t bits) { utf8.push_back(static_cast<char>(bits)); };
  const auto append_low = [&](char32_t code_point, int shift) {
    append(0x80 | ((code_point >> shift) & 0x3F));
  };
  for (char32_t code_point : text) {
    if (code_point > kLast) code_point = kReplacement;
    if (code_point < 0x80) {
      append(code_point);
      continue;
    }
    if (code_point < 0x800) {
      append(0xC0 | (code_point >> 6));
    } else if (code_point < 0x10000) {
      append(0xE0 | (code_point >> 12));
      append_low(code_point, 6);
    } else {
      append(0xF0 | (code_point >> 18));
      append_low(code_point, 12);
      append_low(code_point, 6);
    }
    append_low(code_point, 0);
  }
  return utf8;
}

}  // namespace kernelserve::phonetics

#include "kernels/phonetics/soundex.h"

#include <array>
#include <string_view>

#include "kernels/phonetics/code_points.h"
#include "kernels/phonetics/decomposition.h"
#include "kernels/phonetics/upper_case.h"

namespace kernelserve {
namespace {

constexpr size_t kCodeSize = 4;
constexpr char32_t kVowel = 0;    // keeps what is alike apart
constexpr char32_t kIgnored = 1;  // H and W don't

char32_t DigitOf(char32_t letter) {
  static constexpr std::array<std::u32string_view, 6> kGroups = {U"BFPV", U"CGJKQSXZ", U"DT",
                                                                 U"L",    U"MN",       U"R"};
  if (letter == 'H' || letter == 'W') return kIgnored;
  for (size_t group = 0; group < kGroups.size(); ++group) {
    if (kGroups[group].find(letter) != kGroups[group].npos) {
      return U'1' + static_cast<char32_t>(group);
    }
  }
  return kVowel;
}

}  // namespace

std::string Soundex(Text text, StopToken stop) {
  if (text.empty()) return "";
  const std::u32string letters = phonetics::Decompose(phonetics::UpperCase(text));
  std::u32string code(1, letters[0]);
  char32_t last = DigitOf(letters[0]);
  for (size_t i = 1; i < letters.size() && code.size() < kCodeSize; ++i) {
    const char32_t digit = DigitOf(letters[i]);
    if (digit == kIgnored) continue;
    if (digit != kVowel && digit != last) code.push_back(digit);
    last = digit;
  }
  code.resize(kCodeSize, U'0');
  return phonetics::Utf8(code);
}

}  // namespace kernelserve

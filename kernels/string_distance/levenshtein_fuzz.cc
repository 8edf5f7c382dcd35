// Every entry for Levenshtein's distance and scripts against the reference, at all widths of unit.
//
// Input: a byte of widths and weights, two of cutoff and hint, then the texts' bytes. Small
// alphabets find more: each byte is a unit modulo the alphabet's size, spread over the width's
// range.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "kernels/reference/edits.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/levenshtein.h"
#include "kernels/string_distance/levenshtein_editops.h"

namespace kernelserve {
namespace {

constexpr size_t kHeaderBytes = 4;
constexpr size_t kUnitsMax = 1000;  // the reference takes memory in its square

void Check(bool holds) {
  if (!holds) std::abort();
}

reference::Units Decode(const uint8_t* data, size_t size, int width, uint32_t alphabet) {
  const uint32_t base = width == 1 ? 0 : width == 2 ? 0x4E00 : 0x1F600;
  reference::Units units(size);
  for (size_t i = 0; i < size; ++i) {
    // Some units of a wide text are as narrow as the other text's.
    units[i] = data[i] % alphabet + (data[i] % 3 == 0 ? 0 : base);
  }
  return units;
}

void CheckScript(Text left, Text right, const reference::Units& left_units,
                 const reference::Units& right_units, int64_t distance) {
  const Editops script = LevenshteinEditops(left, right);
  Check(static_cast<int64_t>(script.size()) == distance);
  const std::vector<reference::Edit> edits = reference::EditsOf(script);
  Check(reference::ApplyEditops(edits, left_units, right_units) == right_units);
}

void Fuzz(const uint8_t* data, size_t size) {
  constexpr int kWidths[] = {1, 2, 4, 4};
  constexpr uint32_t kAlphabets[] = {2, 4, 26, 256};
  constexpr LevenshteinWeights kWeights[] = {{1, 1, 1}, {2, 2, 2}, {1, 1, 2}, {2, 3, 4}};
  const int left_width = kWidths[data[0] & 3];
  const int right_width = kWidths[(data[0] >> 2) & 3];
  const uint32_t alphabet = kAlphabets[(data[0] >> 4) & 3];
  const LevenshteinWeights weights = kWeights[data[0] >> 6];
  const int64_t cutoff = data[1] == 255 ? LevenshteinOptions::kNone : data[1];
  const int64_t hint = data[2] == 255 ? LevenshteinOptions::kNone : data[2];
  data += kHeaderBytes;
  const size_t text_bytes = std::min(size - kHeaderBytes, 2 * kUnitsMax);
  const size_t left_size = text_bytes * (data[-1] + 1) / 256;

  const reference::Units left = Decode(data, left_size, left_width, alphabet);
  const reference::Units right =
      Decode(data + left_size, text_bytes - left_size, right_width, alphabet);
  const reference::OwnedText owned_left(left, left_width);
  const reference::OwnedText owned_right(right, right_width);
  const Text a = owned_left.text();
  const Text b = owned_right.text();

  const int64_t distance = reference::LevenshteinDistance(left, right, weights.insertion,
                                                          weights.deletion, weights.substitution);
  const int64_t expected = reference::WithCutoff(distance, cutoff);
  Check(LevenshteinDistance(a, b, {weights, cutoff, hint}) == expected);
  Check(PreparedLevenshtein(a, weights).Distance(b, cutoff, hint) == expected);
  Check(distance <= LevenshteinMaximum(left.size(), right.size(), weights));
  const LevenshteinWeights reversed = {weights.deletion, weights.insertion, weights.substitution};
  Check(LevenshteinDistance(b, a, {reversed, cutoff, hint}) == expected);
  if (weights == LevenshteinWeights()) CheckScript(a, b, left, right, distance);
}

}  // namespace
}  // namespace kernelserve

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= kernelserve::kHeaderBytes) kernelserve::Fuzz(data, size);
  return 0;
}

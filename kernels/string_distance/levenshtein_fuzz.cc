// Every entry for Levenshtein's distance and scripts against the reference, at all widths of unit.
//
// Input: a byte of widths, alphabets and weights, two of cutoff and hint, one that divides the rest
// into two texts, then their bytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/reference/edits.h"
#include "kernels/reference/fuzz_texts.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/levenshtein.h"
#include "kernels/string_distance/levenshtein_editops.h"

namespace kernelserve {
namespace {

using reference::Check;

constexpr size_t kHeaderBytes = 4;
constexpr size_t kUnitsMax = 1000;  // the reference takes memory in its square

void CheckScript(Text left, Text right, const reference::Units& left_units,
                 const reference::Units& right_units, int64_t distance) {
  const Editops script = LevenshteinEditops(left, right);
  Check(static_cast<int64_t>(script.size()) == distance);
  const std::vector<reference::Edit> edits = reference::EditsOf(script);
  Check(reference::ApplyEditops(edits, left_units, right_units) == right_units);
}

void Fuzz(const uint8_t* data, size_t size) {
  constexpr LevenshteinWeights kWeights[] = {{1, 1, 1}, {2, 2, 2}, {1, 1, 2}, {2, 3, 4}};
  const auto left_alphabet = reference::FuzzAlphabet::Of(data[0]);
  const auto right_alphabet = reference::FuzzAlphabet::Of(data[0], 2);
  const LevenshteinWeights weights = kWeights[data[0] >> 6];
  const int64_t cutoff = data[1] == 255 ? LevenshteinOptions::kNone : data[1];
  const int64_t hint = data[2] == 255 ? LevenshteinOptions::kNone : data[2];
  const size_t text_bytes = std::min(size - kHeaderBytes, 2 * kUnitsMax);
  const size_t left_size = text_bytes * (data[3] + 1) / 256;
  const std::span texts(data + kHeaderBytes, text_bytes);

  const reference::Units left = reference::FuzzText(texts.first(left_size), left_alphabet);
  const reference::Units right = reference::FuzzText(texts.subspan(left_size), right_alphabet);
  const reference::OwnedText owned_left(left, left_alphabet.width);
  const reference::OwnedText owned_right(right, right_alphabet.width);
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

// The scripts of the metrics beside Levenshtein's, and the alignment of partial_ratio, against the
// reference, at all widths of unit.
//
// Input: a byte of widths and alphabets, one that divides the rest into two texts, then their
// bytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/reference/distances.h"
#include "kernels/reference/edits.h"
#include "kernels/reference/fuzz_texts.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/editops.h"
#include "kernels/string_distance/hamming.h"
#include "kernels/string_distance/lcs_seq_editops.h"
#include "kernels/string_distance/osa_editops.h"
#include "kernels/string_distance/partial_ratio_alignment.h"
#include "kernels/string_distance/ratio_queue.h"

namespace kernelserve {
namespace {

using reference::Check;

constexpr size_t kHeaderBytes = 2;
constexpr size_t kUnitsMax = 1000;  // the reference takes memory in its square

void CheckScript(const Editops& script, const PairCost& cost, const reference::Units& left,
                 const reference::Units& right, int64_t distance) {
  Check(static_cast<int64_t>(script.size()) == distance);
  Check(script.size() <= cost.edits);
  Check(reference::ApplyEditops(reference::EditsOf(script), left, right) == right);
}

reference::Units Part(const reference::Units& units, size_t begin, size_t end) {
  Check(begin <= end && end <= units.size());
  return {units.begin() + static_cast<std::ptrdiff_t>(begin),
          units.begin() + static_cast<std::ptrdiff_t>(end)};
}

void CheckAlignment(const Alignment& found, const reference::Units& left,
                    const reference::Units& right) {
  const reference::Units a = Part(left, found.left_begin, found.left_end);
  const reference::Units b = Part(right, found.right_begin, found.right_end);
  const bool nothing_fits = found.score == 0;
  Check(nothing_fits ||
        found.score == RatioOf(reference::IndelDistance(a, b), a.size() + b.size()));
  Check(a.size() == left.size() || b.size() == right.size() || nothing_fits);
}

void Fuzz(const uint8_t* data, size_t size) {
  const auto left_alphabet = reference::FuzzAlphabet::Of(data[0]);
  const auto right_alphabet = reference::FuzzAlphabet::Of(data[0], 2);
  const size_t text_bytes = std::min(size - kHeaderBytes, 2 * kUnitsMax);
  const size_t left_size = text_bytes * (data[1] + 1) / 256;
  const std::span texts(data + kHeaderBytes, text_bytes);
  const reference::Units left = reference::FuzzText(texts.first(left_size), left_alphabet);
  const reference::Units right = reference::FuzzText(texts.subspan(left_size), right_alphabet);
  const reference::OwnedText owned_left(left, left_alphabet.width);
  const reference::OwnedText owned_right(right, right_alphabet.width);
  const Text a = owned_left.text();
  const Text b = owned_right.text();

  CheckScript(LcsSeqEditops(a, b), LcsSeqEditopsCost(a.size(), b.size()), left, right,
              reference::IndelDistance(left, right));
  CheckScript(OsaEditops(a, b), OsaEditopsCost(a.size(), b.size()), left, right,
              reference::OsaDistance(left, right));
  CheckScript(HammingEditops(a, b), HammingEditopsCost(a.size(), b.size()), left, right,
              reference::HammingDistance(left, right));
  CheckAlignment(PartialRatioAlignment(a, b), left, right);
}

}  // namespace
}  // namespace kernelserve

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= kernelserve::kHeaderBytes) kernelserve::Fuzz(data, size);
  return 0;
}

#ifndef KERNELSERVE_KERNELS_REFERENCE_RANDOM_TEXT_H_
#define KERNELSERVE_KERNELS_REFERENCE_RANDOM_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "kernels/text.h"

namespace kernelserve::reference {

using Units = std::vector<uint32_t>;

// Units in a width of 1, 2 or 4 bytes, which must hold them, and a Text of them.
class OwnedText {
 public:
  OwnedText(const Units& units, int width);
  // In the narrowest width.
  explicit OwnedText(const Units& units);

  Text text() const { return text_; }

 private:
  std::vector<uint8_t> narrow_;
  std::vector<uint16_t> middle_;
  std::vector<uint32_t> wide_;
  Text text_;
};

// The narrowest width that holds all units.
int WidthOf(const Units& units);

// Random texts for tests, from a fixed seed: pairs that share much, little or nothing, over
// alphabets of two letters up to all of Unicode with lone surrogates.
class RandomText {
 public:
  explicit RandomText(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }
  Units Make(size_t size);
  // `text` with about `edits` random insertions, deletions and substitutions.
  Units Edit(Units text, size_t edits);
  // A text of up to size_max units, and another that is equal to it, an edit of it, or unrelated.
  std::pair<Units, Units> Pair(size_t size_max);

 private:
  uint32_t Unit();

  std::mt19937 random_;
  uint32_t alphabet_ = 0;  // which of them Unit() draws from
};

// Random pairs of texts, each pair by RandomText::Pair, as units and as Texts of their narrowest
// width.
struct TextPairs {
  TextPairs(size_t pairs, size_t size_max, RandomText* random);
  TextPairs(const TextPairs&) = delete;
  TextPairs& operator=(const TextPairs&) = delete;

  std::vector<Units> left_units;
  std::vector<Units> right_units;
  std::vector<Text> left;
  std::vector<Text> right;

 private:
  std::vector<OwnedText> owned_;
};

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_RANDOM_TEXT_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_UNIT_SIGNATURES_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_UNIT_SIGNATURES_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "kernels/text.h"

namespace kernelserve {

// Texts' units as a set of 64 bits: bit i stands for "at least so many units of such a class". What
// a text has and another lacks of these bits is at most as much as what it has and the other lacks
// of units, so that two words bound what the texts have in common, whatever the order.
//
// Which bits there are is chosen by a sample: those that about half of all texts have tell most.
// So DNA gets sixteen counts of each base, and English "at least one e, two e's, ..., a z".
class UnitSignatures {
 public:
  using Signature = uint64_t;

  // The sample is of any size.
  explicit UnitSignatures(std::span<const Text> sample);

  Signature Of(Text text) const;

  // The least number of units that `text` has over those of `other`.
  static int Over(Signature text, Signature other) { return std::popcount(text & ~other); }

 private:
  // Frequent units have a class each, all others share some.
  static constexpr size_t kOwnClasses = 48;
  static constexpr size_t kClasses = 64;

  // The first unit of a class that counts is number `skipped` of the text, and the last one that
  // does is `count` - 1 further.
  struct Counts {
    uint8_t skipped = 0;
    uint8_t count = 0;
    uint8_t first_bit = 0;
  };

  size_t ClassOf(uint32_t unit) const {
    if (unit < latin1_.size()) return latin1_[unit];
    const auto own = own_classes_.find(unit);
    return own == own_classes_.end() ? SharedClass(unit) : own->second;
  }
  static size_t SharedClass(uint32_t unit) {
    return kOwnClasses + (unit * 0x9e3779b1u >> 28) % (kClasses - kOwnClasses);
  }
  void ChooseClasses(std::span<const Text> sample);
  void ChooseBits(std::span<const Text> sample);

  std::array<uint8_t, 256> latin1_;
  absl::flat_hash_map<uint32_t, uint8_t> own_classes_;  // over Latin-1
  std::array<Counts, kClasses> counts_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_UNIT_SIGNATURES_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_PATTERN_MASKS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_PATTERN_MASKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/string_distance/unit_ids.h"
#include "kernels/text.h"

namespace kernelserve {

// Where each unit occurs in a pattern, as bits: the table that bit-parallel algorithms call PM or
// Peq. Word w of a unit's row has bit i set where the pattern's unit 64 * w + i is that unit.
//
// Built in O(m); memory is linear in m at any alphabet, as units of which there are few have no
// row of their own: a reader makes one when asked. Immutable, and safe to share between threads.
class PatternMasks {
 public:
  static constexpr size_t kWordBits = 64;

  // Reads `pattern` here only, each unit once. It has at least one unit.
  explicit PatternMasks(Text pattern);

  size_t size() const { return size_; }  // m, in units
  size_t words() const { return words_; }

  // Looks up rows; one for each thread.
  class Reader {
   public:
    explicit Reader(const PatternMasks& masks) : masks_(masks) {}

    // The row of `unit`, words() long. Only words [first, last] hold its bits for sure. Valid until
    // the next call.
    const uint64_t* Row(uint32_t unit, size_t first, size_t last) {
      const uint32_t id = masks_.ids_.Find(unit);
      if (id < masks_.dense_) return masks_.rows_.data() + id * masks_.words_;
      return SparseRow(id, first, last);
    }

   private:
    const uint64_t* SparseRow(uint32_t id, size_t first, size_t last);

    const PatternMasks& masks_;
    std::vector<uint64_t> scratch_;  // a row; zero but for the words in touched_
    std::vector<uint32_t> touched_;
  };

 private:
  struct Entry {
    uint32_t word;
    uint64_t bits;
  };

  size_t size_;
  size_t words_;
  UnitIds ids_;         // 0 stands for a row of zeros
  uint32_t dense_ = 1;  // ids below it have a row in rows_, the others a list in entries_
  std::vector<uint64_t> rows_;
  std::vector<uint32_t> entries_begin_;  // by id - dense_, and the end
  std::vector<Entry> entries_;           // words ascending within an id
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_PATTERN_MASKS_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_SORTED_TEXTS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SORTED_TEXTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/text.h"

namespace kernelserve {

// A block of texts with their lexicographic order: what is computed for a prefix is computed once
// for all texts that begin with it.
class SortedTexts {
 public:
  // `texts` stay where they are as long as this object; fewer than 2^16. Those of over `units_max`
  // units are left out of the order.
  SortedTexts(std::span<const Text> texts, size_t units_max);

  std::span<const Text> texts() const { return texts_; }
  // Places in texts(), ascending by unit values, a text before those that it begins.
  std::span<const uint16_t> order() const { return order_; }
  // For each place of order(): how many units its text has in common with the one before; 0 for the
  // first. Of prefixes over kSharedMax units, that many count.
  std::span<const uint8_t> shared() const { return shared_; }
  static constexpr size_t kSharedMax = 255;
  // Places in texts() of those that were left out, ascending.
  std::span<const uint16_t> too_long() const { return too_long_; }

  // Calls part(begin, count) for each run of places in [begin, end) that has none of too_long().
  template <typename Part>
  void EachPart(size_t begin, size_t end, const Part& part) const {
    for (auto place = std::lower_bound(too_long_.begin(), too_long_.end(), begin);
         place != too_long_.end() && *place < end; ++place) {
      if (*place > begin) part(begin, *place - begin);
      begin = *place + size_t{1};
    }
    if (end > begin) part(begin, end - begin);
  }

  size_t bytes() const {  // on the heap
    return (order_.capacity() + too_long_.capacity()) * sizeof(order_[0]) +
           shared_.capacity() * sizeof(shared_[0]);
  }

 private:
  std::span<const Text> texts_;
  std::vector<uint16_t> order_;
  std::vector<uint8_t> shared_;
  std::vector<uint16_t> too_long_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_SORTED_TEXTS_H_

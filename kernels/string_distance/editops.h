#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The numbers are those of kernelserve.v1.EditKind.
enum class EditKind : uint8_t { kSubstitution = 1, kInsertion = 2, kDeletion = 3 };

// A shortest edit script from `left` to `right`: edit i is kinds[i], at left_positions[i] and
// right_positions[i]; all three have one entry an edit, in ascending order of position. As in
// RapidFuzz, an insert puts right[right_position] before left[left_position], a delete takes
// left[left_position] away (right_position units have been written by then), and a replace puts
// the one in the other's place.
struct Editops {
  std::vector<EditKind> kinds;
  std::vector<uint32_t> left_positions;
  std::vector<uint32_t> right_positions;

  size_t size() const { return kinds.size(); }
};

// Of the shortest scripts, the one that RapidFuzz's Levenshtein.editops gives: read from the end,
// it prefers a delete, then an insert where that comes from a smaller cell than the replace, and
// long inputs are divided at the same places. O(n * d / 64) time, d the distance; besides the
// script itself, memory is a copy of the texts and a matrix of a few MiB at most, or 28 bytes for
// each unit of right where left has at most 64.
//
// Polls `stop` at least every millisecond of work; once stopped, returns any script.
Editops LevenshteinEditops(Text left, Text right, StopToken stop = {});

// Estimated nanoseconds of LevenshteinEditops on one core, right within an order of magnitude.
int64_t LevenshteinEditopsCostNs(size_t left_size, size_t right_size);

// Bytes of the longest script that texts of these sizes can have.
uint64_t LevenshteinEditopsBytesMax(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_

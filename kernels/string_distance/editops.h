#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

enum class EditKind : uint8_t { kInsertion = 1, kDeletion = 2, kSubstitution = 3 };

// A shortest edit script from `left` to `right`: edit i is kinds[i], at left_positions[i] and
// right_positions[i]; all three have one entry an edit, in ascending order of position. As in
// RapidFuzz, an insertion puts right[right_position] before left[left_position], a deletion takes
// left[left_position] away, where right_position is what has been written so far, and a
// substitution replaces the one by the other.
struct Editops {
  std::vector<EditKind> kinds;
  std::vector<uint32_t> left_positions;
  std::vector<uint32_t> right_positions;

  size_t size() const { return kinds.size(); }
};

// Of the shortest scripts, the one that RapidFuzz's Levenshtein.editops gives: read from the end,
// it prefers deletion over insertion over substitution or match, within the same division of long
// inputs. O(n * m / 64) time; memory is the script's own and at most about 1 MiB besides, or that
// of a 64-unit band of the longer text (16 bytes a unit) where that is more.
//
// Polls `stop` at least every millisecond of work; once stopped, returns any script.
Editops LevenshteinEditops(Text left, Text right, StopToken stop = {});

// Estimated nanoseconds of LevenshteinEditops on one core, right within an order of magnitude.
int64_t LevenshteinEditopsCostNs(size_t left_size, size_t right_size);

// Bytes of the longest script that texts of these sizes can have.
uint64_t LevenshteinEditopsBytesMax(size_t left_size, size_t right_size);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kernelserve {

// The numbers are those of kernelserve.v1.EditKind.
enum class EditKind : uint8_t {
  kSubstitution = 1,
  kInsertion = 2,
  kDeletion = 3,
  kTransposition = 4,
};

// A shortest edit script from `left` to `right`: edit i is kinds[i], at left_positions[i] and
// right_positions[i]; all three have one entry an edit, in ascending order of position. As in
// RapidFuzz, an insert puts right[right_position] before left[left_position], a delete takes
// left[left_position] away (right_position units have been written by then), and a replace puts
// the one in the other's place. A transposition swaps left[left_position] and the unit after it,
// which makes them right[right_position] and the unit after that.
struct Editops {
  std::vector<EditKind> kinds;
  std::vector<uint32_t> left_positions;
  std::vector<uint32_t> right_positions;

  static constexpr size_t kEditBytes = sizeof(EditKind) + 2 * sizeof(uint32_t);

  size_t size() const { return kinds.size(); }
  friend bool operator==(const Editops&, const Editops&) = default;

  void Reserve(size_t edits) {
    kinds.reserve(edits);
    left_positions.reserve(edits);
    right_positions.reserve(edits);
  }
  void Add(EditKind kind, size_t left_position, size_t right_position) {
    kinds.push_back(kind);
    left_positions.push_back(static_cast<uint32_t>(left_position));
    right_positions.push_back(static_cast<uint32_t>(right_position));
  }
  // Turns round the edits from number `begin` on: scripts are read back from a matrix's end.
  void ReverseFrom(size_t begin) {
    const auto reverse = [begin](auto& all) {
      std::reverse(all.begin() + static_cast<std::ptrdiff_t>(begin), all.end());
    };
    reverse(kinds);
    reverse(left_positions);
    reverse(right_positions);
  }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_EDITOPS_H_

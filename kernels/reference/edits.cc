#include "kernels/reference/edits.h"

namespace kernelserve::reference {

std::vector<Edit> EditsOf(const Editops& script) {
  const auto letter = [](EditKind kind) {
    switch (kind) {
      case EditKind::kSubstitution:
        return 's';
      case EditKind::kInsertion:
        return 'i';
      case EditKind::kDeletion:
        return 'd';
      case EditKind::kTransposition:
        return 't';
    }
    return '?';
  };
  std::vector<Edit> edits;
  for (size_t i = 0; i < script.size(); ++i) {
    edits.push_back(
        {letter(script.kinds[i]), script.left_positions.at(i), script.right_positions.at(i)});
  }
  return edits;
}

}  // namespace kernelserve::reference

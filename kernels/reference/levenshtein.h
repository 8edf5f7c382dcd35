#ifndef KERNELSERVE_KERNELS_REFERENCE_LEVENSHTEIN_H_
#define KERNELSERVE_KERNELS_REFERENCE_LEVENSHTEIN_H_

#include <cstdint>
#include <vector>

namespace kernelserve::reference {

// The oracle for Levenshtein's distance and scripts: Wagner and Fischer's whole matrix, one cell
// at a time. matrix[i][j] is the distance of left's first i units and right's first j. O(n * m)
// time and memory.
using Matrix = std::vector<std::vector<int64_t>>;
Matrix LevenshteinMatrix(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right,
                         int64_t insertion, int64_t deletion, int64_t substitution);

int64_t LevenshteinDistance(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right,
                            int64_t insertion = 1, int64_t deletion = 1, int64_t substitution = 1);

// As RapidFuzz reports a distance under a cutoff.
inline int64_t WithCutoff(int64_t distance, int64_t cutoff) {
  return distance <= cutoff ? distance : cutoff + 1;
}

struct Edit {
  char kind;  // 'i', 'd', 's' or, of two neighbours, 't'
  uint32_t left_position;
  uint32_t right_position;

  friend bool operator==(const Edit&, const Edit&) = default;
};

// A shortest script, read back from the matrix's end. Of several ways it takes the deletion, then
// the insertion where that comes from a smaller cell than the substitution does.
std::vector<Edit> LevenshteinEditops(const std::vector<uint32_t>& left,
                                     const std::vector<uint32_t>& right);

// What `script` makes of `left`. The script's positions must ascend.
std::vector<uint32_t> ApplyEditops(const std::vector<Edit>& script,
                                   const std::vector<uint32_t>& left,
                                   const std::vector<uint32_t>& right);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_LEVENSHTEIN_H_

#ifndef KERNELSERVE_KERNELS_REFERENCE_NGRAMS_H_
#define KERNELSERVE_KERNELS_REFERENCE_NGRAMS_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace kernelserve::reference {

// The oracle for n-gram similarities: sets of texts.
using NgramSet = std::set<std::vector<uint32_t>>;

NgramSet Ngrams(const std::vector<uint32_t>& text, size_t n);

double Jaccard(const NgramSet& left, const NgramSet& right);
double SorensenDice(const NgramSet& left, const NgramSet& right);
double Cosine(const NgramSet& left, const NgramSet& right);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_NGRAMS_H_

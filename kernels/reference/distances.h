#ifndef KERNELSERVE_KERNELS_REFERENCE_DISTANCES_H_
#define KERNELSERVE_KERNELS_REFERENCE_DISTANCES_H_

#include <cstdint>
#include <vector>

namespace kernelserve::reference {

// The oracles for the metrics beside Levenshtein's: textbook recurrences over whole matrices, one
// cell at a time.
using UnitVector = std::vector<uint32_t>;

int64_t OsaDistance(const UnitVector& left, const UnitVector& right);
// Lowrance and Wagner, "An extension of the string-to-string correction problem" (1975).
int64_t DamerauLevenshteinDistance(const UnitVector& left, const UnitVector& right);
int64_t IndelDistance(const UnitVector& left, const UnitVector& right);
int64_t LcsSeqDistance(const UnitVector& left, const UnitVector& right);
int64_t HammingDistance(const UnitVector& left, const UnitVector& right);
int64_t PrefixDistance(const UnitVector& left, const UnitVector& right);
int64_t PostfixDistance(const UnitVector& left, const UnitVector& right);

// As in Jaro's own definition: each unit of left takes the first that is free within the window.
double JaroSimilarity(const UnitVector& left, const UnitVector& right);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_DISTANCES_H_

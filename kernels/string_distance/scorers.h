#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_SCORERS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SCORERS_H_

#include <vector>

#include "kernels/kernel.h"

namespace kernelserve {

// The catalog's rows of scorers, by families: there are templates for each, which take long to
// compile. Each appends to `catalog`.

// Distances by edits, with their four forms: levenshtein.distance and so on.
void AddEditMetrics(std::vector<Kernel>* catalog);

// What is a similarity to begin with, and scores of alignments.
void AddSimilarities(std::vector<Kernel>* catalog);

// fuzz.ratio and its kin, 0 to 100.
void AddRatios(std::vector<Kernel>* catalog);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_SCORERS_H_

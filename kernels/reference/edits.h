#ifndef KERNELSERVE_KERNELS_REFERENCE_EDITS_H_
#define KERNELSERVE_KERNELS_REFERENCE_EDITS_H_

#include <vector>

#include "kernels/reference/levenshtein.h"
#include "kernels/string_distance/editops.h"

namespace kernelserve::reference {

// A script edit by edit, for comparison with the oracles'.
std::vector<Edit> EditsOf(const Editops& script);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_EDITS_H_

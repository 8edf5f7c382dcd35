#ifndef KERNELSERVE_KERNELS_DID_YOU_MEAN_H_
#define KERNELSERVE_KERNELS_DID_YOU_MEAN_H_

#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace kernelserve {

// The one of `known` nearest to `name` by Levenshtein distance, "" where even that is further than
// a third of the longer of the two: a guess that far off misleads. The first wins a tie.
absl::string_view NearestName(absl::string_view name, std::span<const absl::string_view> known);

// "; did you mean 'levenshtein.distance'?", or "" where nothing is near.
std::string DidYouMean(absl::string_view name, std::span<const absl::string_view> known);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_DID_YOU_MEAN_H_

#ifndef KERNELSERVE_KERNELS_CATALOG_H_
#define KERNELSERVE_KERNELS_CATALOG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/kernel.h"

namespace kernelserve {

// Every kernel there is, in the order of the documentation. Made once, never changed; thread-safe.
const std::vector<Kernel>& Catalog();

// The kernel of this name. UNKNOWN_KERNEL, with field `field`, where there is none; the message
// suggests a near one.
absl::StatusOr<const Kernel*> FindKernel(absl::string_view name, absl::string_view field);

// The same among scorers: UNKNOWN_SCORER.
absl::StatusOr<const Kernel*> FindScorer(absl::string_view name, absl::string_view field);

// Equal where two builds have the same kernels with the same signatures: 16 hexadecimal digits.
const std::string& CatalogDigest();

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_CATALOG_H_

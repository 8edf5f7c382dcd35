#ifndef KERNELSERVE_SERVER_SCORER_H_
#define KERNELSERVE_SERVER_SCORER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/kernel.h"
#include "kernelserve/v1/string_distance.pb.h"

namespace kernelserve::server {

// A request's scorer and what it binds; views point into the message.
struct BoundScorer {
  const Kernel* kernel;
  Binding binding;
};

// UNKNOWN_SCORER, and what DecodeParameters says. The kernel checks the rest where it is bound.
absl::StatusOr<BoundScorer> DecodeScorer(const v1::Scorer& scorer);

// The same error with its field's path in a message that has a `scorer`: a kernel names its
// parameters and its results as RunRequest has them.
absl::Status InScorer(absl::Status status);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCORER_H_

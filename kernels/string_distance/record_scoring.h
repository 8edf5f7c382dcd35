#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SCORING_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SCORING_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "kernels/kernel.h"

namespace kernelserve {

// A scorer of the catalog with its parameters, and how much its scores count among others.
struct WeightedScorer {
  const Kernel* kernel;
  Binding binding;  // its parameters and its preprocessing
  double weight;
};

// How pairs of records are scored that have several columns of texts: by the mean of their columns'
// scores by weight. Columns are scored from the greatest weight on, and pairs that can't get within
// the cutoff any more are left out of what follows: record linkage does most of its work on pairs
// that are nothing alike.
struct RecordScoring {
  std::vector<WeightedScorer> scorers;
  std::optional<double> score_cutoff;  // pairs whose score is worse have none
  std::optional<double> null_score;    // a column counts so where a text is null; or no score
  // Whether pairs name records by their rows; else pair i is of row i.
  bool has_left_rows = false;
  bool has_right_rows = false;
};

// A kernel whose rows are pairs, and whose arguments are: "left_rows" and "right_rows" where there
// are such, the left columns "left[0]" and so on, and the right ones. Columns of a side with rows
// have one length of their own. Binding it refuses what can't be added or is no number; fields are
// "scorers[0].weight", "score_cutoff" and so on.
Kernel DefineRecordScores(RecordScoring scoring);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SCORING_H_

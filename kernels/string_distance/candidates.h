#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_CANDIDATES_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CANDIDATES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/string_distance/count_index.h"
#include "kernels/text.h"
#include "kernels/text_scorer.h"

namespace kernelserve {

// The choices that sizes and units leave within a cutoff of a query, by the bound of a scorer that
// has one. Used by one thread.
class Candidates {
 public:
  // Both stay as long as this object.
  Candidates(const TextScorer& scorer, double cutoff, const CountIndex& choices)
      : Candidates(scorer, cutoff, choices, choices.runs()) {}
  // The same among the choices of some runs.
  Candidates(const TextScorer& scorer, double cutoff, const CountIndex& choices,
             std::span<const CountIndex::Run> runs)
      : scorer_(scorer), cutoff_(cutoff), choices_(choices), runs_(runs) {
    for (auto& of_query : least_common_) of_query.fill(kUnknown);
  }

  // Queries that are looked for together.
  static constexpr size_t kQueriesMax = 32;

  // Sets rows[i] to the choices of row `first_row` or later that may be within the cutoff of the
  // i-th query, by their place in the index; to some of them once `stop` is set.
  void Find(std::span<const Text> queries, size_t first_row, const StopToken& stop,
            std::span<std::vector<uint32_t>> rows);

 private:
  // The least number of common units with which a score within the cutoff is possible; kNone where
  // none is.
  static constexpr uint32_t kNone = ~uint32_t{0};
  uint32_t LeastCommon(size_t query_units, size_t choice_units);
  uint32_t FindLeastCommon(size_t query_units, size_t choice_units) const;

  const TextScorer& scorer_;
  const double cutoff_;
  const CountIndex& choices_;
  const std::span<const CountIndex::Run> runs_;

  // LeastCommon() of texts that are not long, as far as it was asked for: to find it takes longer
  // than looking through a run of some hundreds of choices.
  static constexpr size_t kKnownUnits = 64;
  static constexpr uint32_t kUnknown = kNone - 1;
  std::array<std::array<uint32_t, kKnownUnits>, kKnownUnits> least_common_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_CANDIDATES_H_

#include "kernels/string_distance/candidates.h"

#include <algorithm>
#include <array>

namespace kernelserve {
namespace {

// Choices of a chunk, which stays in the nearest cache for all of the queries.
constexpr size_t kChunk = 2048;

}  // namespace

uint32_t Candidates::LeastCommon(size_t query_units, size_t choice_units) {
  if (query_units >= kKnownUnits || choice_units >= kKnownUnits) {
    return FindLeastCommon(query_units, choice_units);
  }
  uint32_t& known = least_common_[query_units][choice_units];
  if (known == kUnknown) known = FindLeastCommon(query_units, choice_units);
  return known;
}

uint32_t Candidates::FindLeastCommon(size_t query_units, size_t choice_units) const {
  const auto passes = [&](size_t common) {
    return !scorer_.IsBetter(cutoff_, scorer_.Bound(query_units, choice_units, common));
  };
  size_t common = std::min(query_units, choice_units);
  if (!passes(common)) return kNone;
  while (common > 0 && passes(common - 1)) --common;
  return static_cast<uint32_t>(common);
}

void Candidates::Find(std::span<const Text> queries, size_t first_row, const StopToken& stop,
                      std::span<std::vector<uint32_t>> rows) {
  std::array<UnitSignatures::Signature, kQueriesMax> signatures;
  for (size_t i = 0; i < queries.size(); ++i) {
    signatures[i] = choices_.SignatureOf(queries[i]);
    rows[i].clear();
  }
  const auto order = choices_.order().begin();
  for (const CountIndex::Run& run : runs_) {
    std::array<uint32_t, kQueriesMax> common;
    for (size_t i = 0; i < queries.size(); ++i) {
      common[i] = LeastCommon(queries[i].size(), run.units);
    }
    size_t begin = static_cast<size_t>(
        std::lower_bound(order + run.begin, order + run.end, first_row) - order);
    for (; begin < run.end && !stop.stopped(); begin += kChunk) {
      const size_t end = std::min<size_t>(run.end, begin + kChunk);
      for (size_t i = 0; i < queries.size(); ++i) {
        if (common[i] == kNone) continue;
        choices_.Candidates(signatures[i], begin, end, run.units - common[i],
                            queries[i].size() - common[i], &rows[i]);
      }
    }
  }
}

}  // namespace kernelserve

#include <algorithm>
#include <cstring>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "kernels/string_distance/count_index.h"
#include "kernels/string_distance/cross.h"

namespace kernelserve {
namespace {

// The least difference that occurs, of those from `first` on; kNoDifference where none does. There
// is at least one.
constexpr int kNoDifference = 256;
int NextDifference(std::span<const uint8_t> differences, int first) {
  // Less `first`, those below it become greater than all others can be.
  uint8_t least = UINT8_MAX;
  for (const uint8_t difference : differences) {
    least = std::min(least, static_cast<uint8_t>(difference - first));
  }
  return std::min(first + least, kNoDifference);
}

}  // namespace

size_t Cross::BestFirst(size_t query, const StopToken& stop, BestMatches* best) const {
  // What is open: a run of choices whose differences are not known yet (kWhole), or those of a run
  // with one difference, after which come those with the next. The one that may hold the best score
  // is taken first.
  constexpr int kWhole = -1;
  struct Part {
    double bound;
    size_t run;
    int difference;
  };
  const auto later = [this](const Part& a, const Part& b) {
    if (a.bound != b.bound) return scorer_.IsBetter(b.bound, a.bound);
    return std::pair(a.difference, a.run) > std::pair(b.difference, b.run);
  };
  std::priority_queue<Part, std::vector<Part>, decltype(later)> open(later);

  const Text text = queries_[query];
  const CountIndex& index = choices_.index();
  const std::span<const CountIndex::Run> runs = runs_;
  const auto bound_of = [&](const CountIndex::Run& run, size_t difference) {
    const size_t longer = std::max<size_t>(text.size(), run.units);
    return scorer_.Bound(text.size(), run.units, longer - std::min(longer, difference));
  };
  for (size_t i = 0; i < runs.size(); ++i) {
    const size_t apart =
        std::max<size_t>(text.size(), runs[i].units) - std::min<size_t>(text.size(), runs[i].units);
    open.push({bound_of(runs[i], apart), i, kWhole});
  }
  const UnitSignatures::Signature signature = index.SignatureOf(text);
  const std::unique_ptr<TextScorer::Query> prepared = scorer_.Prepare(text);
  std::vector<std::vector<uint8_t>> differences(runs.size());
  std::vector<uint32_t> rows;
  std::vector<double> scores;
  size_t scored = 0;
  while (!open.empty() && best->MayTake(open.top().bound) && !stop.stopped()) {
    const Part part = open.top();
    open.pop();
    const CountIndex::Run& run = runs[part.run];
    std::vector<uint8_t>& of_run = differences[part.run];
    if (part.difference == kWhole) {
      of_run.resize(run.end - run.begin);
      index.Differences(signature, text.size(), run.units, run.begin, run.end, of_run.data());
    }
    const int next = NextDifference(of_run, part.difference + 1);
    if (next != kNoDifference) {
      open.push({bound_of(run, static_cast<size_t>(next)), part.run, next});
    }
    if (part.difference == kWhole) continue;
    rows.clear();
    const uint8_t* const end = of_run.data() + of_run.size();
    const uint8_t* found = of_run.data();
    while (found < end) {
      found = static_cast<const uint8_t*>(
          std::memchr(found, part.difference, static_cast<size_t>(end - found)));
      if (found == nullptr) break;
      rows.push_back(index.order()[run.begin + static_cast<size_t>(found - of_run.data())]);
      ++found;
    }
    ScoreRows(*prepared, rows, WithSlack(best->cutoff()), stop, &scores);
    scored += rows.size();
    for (size_t i = 0; i < rows.size(); ++i) best->Add(rows[i], scores[i]);
  }
  return scored;
}

}  // namespace kernelserve

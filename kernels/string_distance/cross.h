#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/best_matches.h"
#include "kernels/string_distance/choices.h"
#include "kernels/string_distance/score_matrix.h"
#include "kernels/text_scorer.h"
#include "kernels/texts.h"

namespace kernelserve {

// Every query by every choice, under one scorer: all scores, those within the cutoff, or each
// query's best. Pairs whose sizes and units alone rule them out are not compared, where the scorer
// knows a bound; all others are, many at once. A null has no score with anything.
//
// Immutable: tasks on any number of threads may call it at the same time, each for its own queries.
class Cross {
 public:
  // All of them stay as long as this object.
  Cross(const TextScorer& scorer, const Texts& queries, const Choices& choices);
  // The same with the choices of one shard only, so that one query can be several threads' work.
  Cross(const Cross& whole, size_t shard);
  // The same with some blocks of the choices only, for Scores where is_selective() is false.
  Cross(const Cross& whole, size_t first_block, size_t last_block);

  // Whether so few choices are candidates that these are found first, and the others not compared.
  bool is_selective() const { return selective_; }

  // All scores of queries [begin, end), which are the rows of `out`, as wide as there are choices.
  absl::Status Scores(size_t begin, size_t end, const StopToken& stop, ScoreMatrix* out) const;

  // Appends the matches of queries [begin, end) that are no worse than the scorer's cutoff (all,
  // where there is none), by query and then by choice. With `symmetric`, where the queries are the
  // choices, only those whose choice is of a later row. `make_room`, where there is one, is asked
  // before `out` takes memory for so many more, and its error is returned.
  using MakeRoom = std::function<absl::Status(size_t matches)>;
  absl::Status Matches(size_t begin, size_t end, bool symmetric, const StopToken& stop,
                       std::vector<Match>* out, const MakeRoom& make_room = nullptr) const;

  // Appends for each of queries [begin, end) its `k` best choices, or as many as there are that are
  // no worse than the scorer's cutoff and, where `query_cutoffs` is not empty, than that of the
  // query's row: the best first, and of equal ones the one of the lower row.
  absl::Status TopK(size_t begin, size_t end, size_t k, std::span<const double> query_cutoffs,
                    const StopToken& stop, std::vector<Match>* out) const;

  // The rows of the choices that count.
  size_t first_choice() const { return first_row_; }
  size_t last_choice() const { return last_row_; }

  // Estimated nanoseconds of all scores of queries [begin, end).
  double CostNs(size_t begin, size_t end) const;
  // The same of the best of a query at least, where most pairs turn out not to matter.
  double LeastTopKNs() const;

 private:
  // Calls emit for each of queries [begin, end) and each block of choices, in any order, with the
  // scores of the query's row, `choice` being the block's first row. One of the spans is empty.
  // Rows of nulls are of empty texts.
  using Emit = std::function<void(size_t query, size_t choice, std::span<const uint8_t> bytes,
                                  std::span<const double> scores)>;
  absl::Status AllScores(size_t begin, size_t end, const StopToken& stop, const Emit& emit) const;

  // Calls found(query, rows, scores) for each of queries [begin, end), ascending, any number of
  // times with some of its candidates, in any order; with `symmetric`, those of earlier rows may be
  // missing.
  template <typename Found>
  absl::Status EachCandidates(size_t begin, size_t end, bool symmetric, const StopToken& stop,
                              const Found& found) const;
  // The scores of one query with some choices.
  void ScoreRows(const TextScorer::Query& query, std::span<const uint32_t> rows,
                 std::optional<double> cutoff, const StopToken& stop,
                 std::vector<double>* scores) const;
  // A cutoff for scores that are compared with `cutoff` afterwards. Scorers round on their way from
  // a cutoff to what they compute, so that a score equal to it may get lost: it is a little wider,
  // or left to the scorer's own.
  std::optional<double> WithSlack(std::optional<double> cutoff) const;
  // The best of one query by bounds, the closest first; returns how many choices were scored.
  size_t BestFirst(size_t query, const StopToken& stop, BestMatches* best) const;
  // Whether so few choices are candidates that finding them first takes less time.
  bool IsSelective() const;
  // A score as a matrix has it: one that is worse than the cutoff is the scorer's worst().
  double Shown(double score) const { return cutoff_ && !Passes(score, *cutoff_) ? worst_ : score; }
  bool Passes(double score, double cutoff) const { return !scorer_.IsBetter(cutoff, score); }
  absl::Status CheckPairs(size_t begin, size_t end) const;

  const TextScorer& scorer_;
  const Texts& queries_;
  const Choices& choices_;
  // Of the choices, those that count: their rows, which are [first_row_, last_row_).
  std::span<const SortedTexts> blocks_;
  std::span<const CountIndex::Run> runs_;
  size_t first_row_;
  size_t last_row_;
  const std::optional<double> cutoff_;  // the scorer's
  const double worst_;
  bool selective_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_H_

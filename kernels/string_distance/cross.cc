#include "kernels/string_distance/cross.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "kernels/error.h"
#include "kernels/string_distance/candidates.h"
#include "kernels/string_distance/count_index.h"
#include "kernels/string_distance/cross_block.h"
#include "kernels/string_distance/pair_scores.h"
#include "kernels/string_distance/sorted_texts.h"

namespace kernelserve {
namespace {

// Choices that are scored at a time where they come one by one.
constexpr size_t kScored = 512;
// Matches that there is made room for at a time, at least.
constexpr size_t kMatchesAtOnce = 4096;
// Candidates cost about as much as so many scores in a block.
constexpr size_t kSelective = 16;
// Queries that may each take as much time as any with all choices before the others are held to be
// like them.
constexpr size_t kUnlikeQueries = 16;
// What it takes to tell whether a choice is a candidate.
constexpr double kCandidateNs = 0.3;
// A sample of queries tells whether few choices are candidates.
constexpr size_t kSampledQueries = 16;

bool ByRows(const Match& a, const Match& b) {
  return std::pair(a.query, a.choice) < std::pair(b.query, b.choice);
}

absl::Status CrossStopped() { return absl::CancelledError("stopped"); }

}  // namespace

Cross::Cross(const TextScorer& scorer, const Texts& queries, const Choices& choices)
    : scorer_(scorer),
      queries_(queries),
      choices_(choices),
      blocks_(choices.blocks()),
      runs_(choices.index().runs()),
      first_row_(0),
      last_row_(choices.texts().size()),
      cutoff_(scorer.cutoff()),
      worst_(scorer.worst()),
      selective_(IsSelective()) {}

Cross::Cross(const Cross& whole, size_t shard) : Cross(whole) {
  blocks_ = choices_.blocks(shard);
  runs_ = choices_.index().runs(shard);
  first_row_ = choices_.shard_begin(shard);
  last_row_ = choices_.shard_end(shard);
}

Cross::Cross(const Cross& whole, size_t first_block, size_t last_block) : Cross(whole) {
  blocks_ = choices_.blocks().subspan(first_block, last_block - first_block);
  first_row_ = first_block * Choices::kBlock;
  last_row_ = std::min(choices_.texts().size(), last_block * Choices::kBlock);
}

bool Cross::IsSelective() const {
  if (!scorer_.HasBound() || !cutoff_ || scorer_.ChecksPairs()) return false;
  if (!scorer_.HasCross()) return true;
  const size_t step = std::max<size_t>(1, queries_.size() / kSampledQueries);
  Candidates candidates(scorer_, *cutoff_, choices_.index());
  const size_t sampled = (queries_.size() + step - 1) / step;
  size_t left = sampled * choices_.texts().size() / kSelective;
  // One by one, as those of all of them would take as much memory as a task may.
  std::vector<uint32_t> rows;
  for (size_t i = 0; i < queries_.size(); i += step) {
    candidates.Find(queries_.all().subspan(i, 1), /*first_row=*/0, StopToken(),
                    std::span(&rows, 1));
    if (rows.size() > left) return false;
    left -= rows.size();
  }
  return true;
}

absl::Status Cross::CheckPairs(size_t begin, size_t end) const {
  if (!scorer_.ChecksPairs()) return absl::OkStatus();
  for (size_t q = begin; q < end; ++q) {
    for (size_t c = first_row_; c < last_row_; ++c) {
      if (queries_.is_null(q) || choices_.texts().is_null(c)) continue;
      const absl::Status status = scorer_.CheckPair(queries_[q], choices_.texts()[c]);
      if (!status.ok()) return AtRow(WithField(status, "queries"), q);
    }
  }
  return absl::OkStatus();
}

absl::Status Cross::AllScores(size_t begin, size_t end, const StopToken& stop,
                              const Emit& emit) const {
  if (absl::Status status = CheckPairs(begin, end); !status.ok()) return status;
  std::vector<double> scores;
  for (size_t first = begin; first < end; first += kCrossQueries) {
    const size_t last = std::min(end, first + kCrossQueries);
    // Those of a size that goes many at once, and the others.
    std::vector<Text> together;
    std::vector<size_t> together_rows;
    std::vector<std::pair<size_t, std::unique_ptr<TextScorer::Query>>> alone;
    for (size_t q = first; q < last; ++q) {
      const size_t units = queries_[q].size();
      if (scorer_.HasCross() && units > 0 && units <= kCrossQueryUnits) {
        together.push_back(queries_[q]);
        together_rows.push_back(q);
      } else {
        alone.emplace_back(q, scorer_.Prepare(queries_[q]));
      }
    }
    size_t choice = first_row_;
    for (const SortedTexts& block : blocks_) {
      if (stop.stopped()) return CrossStopped();
      if (!together.empty()) {
        scorer_.Cross(together, block, stop,
                      [&](size_t q, size_t from, std::span<const uint8_t> bytes,
                          std::span<const double> some) {
                        const size_t to = from + std::max(bytes.size(), some.size());
                        block.EachPart(from, to, [&](size_t place, size_t count) {
                          emit(together_rows[q], choice + place,
                               bytes.empty() ? bytes : bytes.subspan(place - from, count),
                               some.empty() ? some : some.subspan(place - from, count));
                        });
                      });
      }
      scores.resize(block.texts().size());
      for (const auto& [q, query] : alone) {
        query->Score(block.texts(), std::nullopt, stop, scores);
        emit(q, choice, {}, scores);
      }
      // What is too long for the others to go with.
      for (size_t i = 0; i < together.size() && !block.too_long().empty(); ++i) {
        const auto query = scorer_.Prepare(together[i]);
        for (const uint16_t place : block.too_long()) {
          if (stop.stopped()) return CrossStopped();
          double score;
          query->Score(block.texts().subspan(place, 1), std::nullopt, stop, std::span(&score, 1));
          emit(together_rows[i], choice + place, {}, std::span(&score, 1));
        }
      }
      choice += block.texts().size();
    }
  }
  return stop.stopped() ? CrossStopped() : absl::OkStatus();
}

template <typename Found>
absl::Status Cross::EachCandidates(size_t begin, size_t end, bool symmetric, const StopToken& stop,
                                   const Found& found) const {
  Candidates candidates(scorer_, *cutoff_, choices_.index(), runs_);
  // Many pairs are scored at once where scorers do, as few candidates as each query may have.
  PairScores<Found> pairs(scorer_, choices_.texts(), stop, found);
  std::array<std::vector<uint32_t>, Candidates::kQueriesMax> rows;
  std::vector<double> scores;
  for (size_t first = begin; first < end; first += rows.size()) {
    if (stop.stopped()) return CrossStopped();
    const size_t count = std::min(rows.size(), end - first);
    candidates.Find(queries_.all().subspan(first, count), symmetric ? first + 1 : 0, stop,
                    std::span(rows).first(count));
    for (size_t i = 0; i < count; ++i) {
      const size_t query = first + i;
      if (queries_.is_null(query)) continue;
      if (scorer_.HasCross()) {
        pairs.Add(query, queries_[query], rows[i]);
        continue;
      }
      ScoreRows(*scorer_.Prepare(queries_[query]), rows[i], std::nullopt, stop, &scores);
      found(query, std::span<const uint32_t>(rows[i]), std::span<const double>(scores));
    }
  }
  pairs.Finish();
  return stop.stopped() ? CrossStopped() : absl::OkStatus();
}

void Cross::ScoreRows(const TextScorer::Query& query, std::span<const uint32_t> rows,
                      std::optional<double> cutoff, const StopToken& stop,
                      std::vector<double>* scores) const {
  scores->resize(rows.size());
  std::array<Text, kScored> texts;
  for (size_t i = 0; i < rows.size() && !stop.stopped(); i += kScored) {
    const size_t count = std::min(kScored, rows.size() - i);
    for (size_t j = 0; j < count; ++j) texts[j] = choices_.texts()[rows[i + j]];
    query.Score(std::span(texts).first(count), cutoff, stop, std::span(*scores).subspan(i, count));
  }
}

absl::Status Cross::Scores(size_t begin, size_t end, const StopToken& stop,
                           ScoreMatrix* out) const {
  const absl::Cleanup finish = [out] { out->Finish(); };
  if (selective_) {
    out->Fill(worst_);
    absl::Status status = EachCandidates(
        begin, end, /*symmetric=*/false, stop,
        [&](size_t query, std::span<const uint32_t> rows, std::span<const double> scores) {
          for (size_t i = 0; i < rows.size(); ++i) {
            // Most candidates turn out to be no matches.
            if (scores[i] == worst_) continue;
            out->Put(query - begin, rows[i] - first_row_, scores.subspan(i, 1));
          }
        });
    if (!status.ok()) return status;
  } else {
    std::vector<double> shown;
    absl::Status status = AllScores(begin, end, stop,
                                    [&](size_t query, size_t choice, std::span<const uint8_t> bytes,
                                        std::span<const double> scores) {
                                      const size_t column = choice - first_row_;
                                      if (!bytes.empty()) out->Put(query - begin, column, bytes);
                                      if (cutoff_) {
                                        shown.assign(scores.begin(), scores.end());
                                        for (double& score : shown) score = Shown(score);
                                        scores = shown;
                                      }
                                      if (!scores.empty()) out->Put(query - begin, column, scores);
                                    });
    if (!status.ok()) return status;
  }
  for (size_t q = begin; q < end; ++q) {
    if (!queries_.is_null(q) && !choices_.texts().has_nulls()) continue;
    for (size_t c = first_row_; c < last_row_; ++c) {
      if (queries_.is_null(q) || choices_.texts().is_null(c))
        out->PutNull(q - begin, c - first_row_);
    }
  }
  return stop.stopped() ? CrossStopped() : absl::OkStatus();
}

absl::Status Cross::Matches(size_t begin, size_t end, bool symmetric, const StopToken& stop,
                            std::vector<Match>* out, const MakeRoom& make_room) const {
  absl::Status room;
  const auto add = [&](size_t query, size_t choice, double score) {
    if (cutoff_ && !Passes(score, *cutoff_)) return;
    if (symmetric && choice <= query) return;
    if (queries_.is_null(query) || choices_.texts().is_null(choice)) return;
    if (out->size() == out->capacity()) {
      if (!room.ok()) return;
      const size_t more = std::max(kMatchesAtOnce, out->size());
      if (make_room != nullptr) room = make_room(more);
      if (!room.ok()) return;
      out->reserve(out->size() + more);
    }
    out->push_back({static_cast<uint32_t>(query), static_cast<uint32_t>(choice), score});
  };
  const size_t first = out->size();
  if (!selective_) {
    absl::Status status = AllScores(begin, end, stop,
                                    [&](size_t query, size_t choice, std::span<const uint8_t> bytes,
                                        std::span<const double> scores) {
                                      for (size_t i = 0; i < bytes.size(); ++i)
                                        add(query, choice + i, bytes[i]);
                                      for (size_t i = 0; i < scores.size(); ++i)
                                        add(query, choice + i, scores[i]);
                                    });
    std::sort(out->begin() + static_cast<ptrdiff_t>(first), out->end(), ByRows);
    return room.ok() ? status : room;
  }
  const absl::Status status = EachCandidates(
      begin, end, symmetric, stop,
      [&](size_t query, std::span<const uint32_t> rows, std::span<const double> scores) {
        for (size_t i = 0; i < rows.size(); ++i) add(query, rows[i], scores[i]);
      });
  // They are by query, and the matches of each are few.
  auto some = out->begin() + static_cast<ptrdiff_t>(first);
  while (some != out->end()) {
    const auto next = std::find_if(some, out->end(),
                                   [&](const Match& match) { return match.query != some->query; });
    std::sort(some, next, ByRows);
    some = next;
  }
  return room.ok() ? status : room;
}

std::optional<double> Cross::WithSlack(std::optional<double> cutoff) const {
  constexpr double kSlack = 1e-9;
  if (!cutoff || scorer_.is_whole()) return cutoff;
  const double slack = kSlack * std::max(1.0, *cutoff);
  const double wider = scorer_.higher_is_better() ? *cutoff - slack : *cutoff + slack;
  if (cutoff_ && !scorer_.IsBetter(wider, *cutoff_)) return std::nullopt;
  return std::max(0.0, wider);
}

absl::Status Cross::TopK(size_t begin, size_t end, size_t k, std::span<const double> query_cutoffs,
                         const StopToken& stop, std::vector<Match>* out) const {
  std::vector<BestMatches> best;
  best.reserve(end - begin);
  for (size_t q = begin; q < end; ++q) {
    std::optional<double> cutoff = cutoff_;
    if (!query_cutoffs.empty() && (!cutoff || Passes(query_cutoffs[q], *cutoff))) {
      cutoff = query_cutoffs[q];
    }
    best.emplace_back(k, scorer_.higher_is_better(), cutoff);
  }
  size_t done = begin;
  if (selective_) {
    absl::Status status = EachCandidates(
        begin, end, /*symmetric=*/false, stop,
        [&](size_t query, std::span<const uint32_t> rows, std::span<const double> scores) {
          for (size_t i = 0; i < rows.size(); ++i) best[query - begin].Add(rows[i], scores[i]);
        });
    if (!status.ok()) return status;
    done = end;
  } else if (scorer_.HasBound() && !scorer_.ChecksPairs()) {
    // As long as that leaves most choices out, of most queries.
    size_t scored = 0;
    const size_t choices = last_row_ - first_row_;
    size_t most = kUnlikeQueries * choices / kSelective;
    while (done < end && (!scorer_.HasCross() || scored <= most)) {
      if (stop.stopped()) return CrossStopped();
      if (!queries_.is_null(done)) scored += BestFirst(done, stop, &best[done - begin]);
      most += choices / kSelective;
      ++done;
    }
  }
  absl::Status status = AllScores(done, end, stop,
                                  [&](size_t query, size_t choice, std::span<const uint8_t> bytes,
                                      std::span<const double> scores) {
                                    if (queries_.is_null(query)) return;
                                    BestMatches& of_query = best[query - begin];
                                    const auto add = [&](auto some) {
                                      for (size_t i = 0; i < some.size(); ++i) {
                                        const auto score = static_cast<double>(some[i]);
                                        if (!of_query.MayTake(score)) continue;
                                        if (choices_.texts().is_null(choice + i)) continue;
                                        of_query.Add(static_cast<uint32_t>(choice + i), score);
                                      }
                                    };
                                    add(bytes);
                                    add(scores);
                                  });
  if (!status.ok()) return status;
  for (size_t q = begin; q < end; ++q) best[q - begin].MoveTo(static_cast<uint32_t>(q), out);
  return absl::OkStatus();
}

double Cross::LeastTopKNs() const {
  if (scorer_.ChecksPairs() || !scorer_.HasBound()) return CostNs(0, 1);
  return static_cast<double>(last_row_ - first_row_) * kCandidateNs;
}

double Cross::CostNs(size_t begin, size_t end) const {
  constexpr double kTogetherNs = 1;
  const auto choices = static_cast<double>(choices_.texts().size());
  if (selective_) return static_cast<double>(end - begin) * (choices * kCandidateNs + 1000);
  double ns = 0;
  for (size_t q = begin; q < end; ++q) {
    const size_t units = queries_[q].size();
    double each = kTogetherNs;
    if (!scorer_.HasCross() || units == 0 || units > kCrossQueryUnits) {
      // By a sample of choices.
      double sum = 0;
      size_t count = 0;
      const size_t step = std::max<size_t>(1, choices_.texts().size() / 64);
      for (size_t c = 0; c < choices_.texts().size(); c += step, ++count) {
        sum += scorer_.CostNs(units, choices_.texts()[c].size());
      }
      each = count == 0 ? 0 : sum / static_cast<double>(count);
    }
    ns += each * choices;
  }
  return ns;
}

}  // namespace kernelserve

#include "server/cross/match_block.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "kernels/result_block.h"
#include "server/columns/encoder.h"
#include "server/limits.h"
#include "server/message.h"

namespace kernelserve::server {
namespace {

absl::Status TooManyMatches(uint64_t matches_max) {
  const std::string bound = absl::StrCat("at most ", matches_max, " matches");
  const std::string value = absl::StrCat("over ", matches_max, " matches");
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      {.reason = "RESULT_TOO_LARGE", .field = "matches_max", .bound = bound, .value = value},
      absl::StrCat("the join has ", value, ", and matches_max asks for ", bound,
                   ": ask for a stricter cutoff or for more"));
}

// Where `column` numbers the message's field, with the values that of(match) gives.
template <typename Value, typename Of>
void AppendMatches(std::span<const Match> matches, DataType type, bool narrow, uint32_t number,
                   const Of& of, std::string* message) {
  std::vector<Value> values;
  values.reserve(matches.size());
  for (const Match& match : matches) values.push_back(of(match));
  ResultBlock block(type, matches.size());
  block.Append(std::span<const Value>(values));
  AppendColumn(std::span<const ResultBlock>(&block, 1), {.type = type, .narrow = narrow}, number,
               message);
}

}  // namespace

absl::Status MatchBlock::FindBest(const Cross& cross, size_t begin, size_t end,
                                  const StopToken& stop, std::vector<Match>* matches) const {
  const CrossWork& work = this->work();
  if (work.k == 0) return absl::OkStatus();
  if (!work.symmetric) {
    return cross.TopK(begin, end, work.k, work.query_cutoffs, stop, matches);
  }
  // One more, should the query itself be among them.
  std::vector<Match> found;
  absl::Status status = cross.TopK(begin, end, work.k + 1, work.query_cutoffs, stop, &found);
  size_t of_query = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const Match& match = found[i];
    if (i == 0 || match.query != found[i - 1].query) of_query = 0;
    if (match.query + work.query_base == match.choice + work.choice_base) continue;
    if (of_query++ < work.k) matches->push_back(match);
  }
  return status;
}

absl::Status MatchBlock::FindAll(const Cross& cross, size_t begin, size_t end,
                                 const StopToken& stop, MemoryBudget::Reservation* memory,
                                 std::vector<Match>* matches) {
  const auto make_room = [&](size_t count) {
    // The first of a block are reserved with it.
    const uint64_t more = count * kBytesEach;
    const uint64_t before = bytes_.fetch_add(more, std::memory_order_relaxed);
    return memory->Grow(before + more - std::clamp(kCrossBlockBytes, before, before + more));
  };
  const CrossWork& work = this->work();
  const bool same = work.symmetric && work.query_base == work.choice_base;
  absl::Status status = cross.Matches(begin, end, same, stop, matches, make_room);
  if (work.symmetric && !same) {
    std::erase_if(*matches, [&](const Match& match) {
      return match.choice + work.choice_base <= match.query + work.query_base;
    });
  }
  return status;
}

absl::Status MatchBlock::Count(size_t queries, size_t matches) {
  const size_t tasks = std::max<size_t>(1, work().shards.size());  // that each query has
  const uint64_t each = (tasks * matches + queries - 1) / queries;
  uint64_t most = work().matches_each.load(std::memory_order_relaxed);
  while (most < each + 1 &&
         !work().matches_each.compare_exchange_weak(most, each + 1, std::memory_order_relaxed)) {
  }
  const uint64_t all = work().matches.fetch_add(matches, std::memory_order_relaxed) + matches;
  return all > work().matches_max ? TooManyMatches(work().matches_max) : absl::OkStatus();
}

absl::Status MatchBlock::Run(uint64_t begin, uint64_t end, StopToken stop) {
  const bool is_shard = !work().shards.empty();
  const Cross& cross = is_shard ? work().shards[begin] : *work().cross;
  const size_t first = is_shard ? this->begin() : this->begin() + begin;
  const size_t last = is_shard ? this->end() : this->begin() + end;
  std::vector<Match> matches;
  auto memory = std::make_unique<MemoryBudget::Reservation>(work().memory);
  absl::Status status = work().method == CrossMethod::kTopK
                            ? FindBest(cross, first, last, stop, &matches)
                            : FindAll(cross, first, last, stop, memory.get(), &matches);
  if (!status.ok()) return status;
  if (status = Count(last - first, matches.size()); !status.ok()) return status;
  if (matches.empty()) return absl::OkStatus();
  const std::lock_guard lock(mutex_);
  parts_.push_back(std::move(matches));
  memory_.push_back(std::move(memory));
  return absl::OkStatus();
}

void MatchBlock::Gather() {
  std::sort(parts_.begin(), parts_.end(),
            [](const auto& a, const auto& b) { return a[0].query < b[0].query; });
  if (parts_.empty()) parts_.emplace_back();
  for (size_t i = 1; i < parts_.size(); ++i) {
    parts_[0].insert(parts_[0].end(), parts_[i].begin(), parts_[i].end());
    parts_[i] = {};
  }
  if (!work().shards.empty()) MergeShards(&parts_[0]);
}

void MatchBlock::MergeShards(std::vector<Match>* matches) const {
  const bool is_top_k = work().method == CrossMethod::kTopK;
  const double sign = work().higher_is_better ? -1 : 1;
  const auto key = [&](const Match& match) {
    return std::tuple(match.query, is_top_k ? sign * match.score : 0, match.choice);
  };
  std::sort(matches->begin(), matches->end(),
            [&](const Match& a, const Match& b) { return key(a) < key(b); });
  if (!is_top_k) return;
  size_t of_query = 0;
  uint32_t query = 0;
  std::erase_if(*matches, [&](const Match& match) {
    if (match.query != std::exchange(query, match.query)) of_query = 0;
    return of_query++ >= work().k;
  });
}

absl::StatusOr<size_t> MatchBlock::EncodeFrom(size_t begin, grpc::ByteBuffer* message) {
  if (!std::exchange(sorted_, true)) Gather();
  const CrossWork& work = this->work();
  const std::span<const Match> rest = std::span<const Match>(parts_[0]).subspan(next_match_);
  // As many whole queries as there is room for, and those without a match that follow.
  const size_t bytes_each = 2 * sizeof(uint64_t) + FixedWidth(work.type);
  const size_t room = std::max<size_t>(1, work.block_bytes / bytes_each);
  size_t count = rest.size();
  size_t next = end();
  if (count > room) {
    count = room;
    while (count > 0 && rest[count - 1].query == rest[room].query) --count;
    if (count == 0) {
      count = room;
      while (count < rest.size() && rest[count].query == rest[0].query) ++count;
    }
    if (count < rest.size()) next = rest[count].query;
  }
  const std::span<const Match> some = rest.first(count);
  next_match_ += count;

  using Fields = v1::TopKResponse;  // and JoinResponse, as numbers go
  std::string encoded = Head(begin, next);
  AppendMatches<uint64_t>(
      some, DataType::kUint64, false, Fields::kQueryIndicesFieldNumber,
      [&](const Match& match) { return match.query + work.query_base; }, &encoded);
  AppendMatches<uint64_t>(
      some, DataType::kUint64, false, Fields::kChoiceIndicesFieldNumber,
      [&](const Match& match) { return match.choice + work.choice_base; }, &encoded);
  if (IsInteger(work.type)) {
    AppendMatches<int64_t>(
        some, work.type, work.narrow, Fields::kScoresFieldNumber,
        [](const Match& match) { return std::llround(match.score); }, &encoded);
  } else {
    AppendMatches<double>(
        some, work.type, false, Fields::kScoresFieldNumber,
        [](const Match& match) { return match.score; }, &encoded);
  }
  AsByteBuffer(std::move(encoded)).Swap(message);
  return next;
}

}  // namespace kernelserve::server

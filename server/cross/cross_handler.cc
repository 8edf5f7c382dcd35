#include "server/cross/cross_handler.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "server/choices/choices_digest.h"
#include "server/columns/encoder.h"
#include "server/cross/cdist_block.h"
#include "server/cross/match_block.h"
#include "server/cross/query_cutoffs.h"
#include "server/cross/row_errors.h"
#include "server/cross/small_blocks.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

// What a query costs beside its scores.
constexpr double kQueryNs = 50;
// Queries that are taken to cost the same where an estimate costs as much as some scores, and how
// many choices there must be for it not to.
constexpr size_t kCostedTogether = 16;
constexpr size_t kCostedChoices = 1024;
// Queries by which the cost of all is estimated.
constexpr size_t kSampledQueries = 256;

// a * b, or the greatest number there is.
uint64_t Product(uint64_t a, uint64_t b) {
  uint64_t product;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

size_t TaskQueries(CrossMethod method) {
  switch (method) {
    case CrossMethod::kCdist:
      return kCdistTaskQueries;
    case CrossMethod::kTopK:
      return kTopKTaskQueries;
    case CrossMethod::kJoin:
      return kJoinTaskQueries;
  }
  return 1;
}

absl::Status NotSymmetric(const std::string& name) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "INVALID_ARGUMENT",
                    .field = "options.symmetric",
                    .bound = "false with this scorer",
                    .value = "true"},
                   absl::StrCat("options.symmetric is true, but with these parameters ", name,
                                " is not symmetric"));
}

}  // namespace

CrossHandler::CrossHandler(CrossMethod method, const CrossEnvironment& environment)
    : environment_(environment), memory_(environment.memory), turn_(environment.choices) {
  request_.method = method;
}

size_t CrossHandler::blocks_ahead(size_t workers) const {
  return std::min(workers + 1, kCrossBlocksAheadMax);
}

absl::Status CrossHandler::Decode(const grpc::ByteBuffer& request) {
  absl::Status status = DecodeCrossRequest(request, *environment_.batches, &request_);
  if (!status.ok()) return status;
  const Kernel& kernel = *request_.kernel;
  // What types of scores the kernel gives, it says where it is bound to columns: to any.
  const std::array<ColumnView, 2> nothing;
  const absl::StatusOr<std::unique_ptr<BoundKernel>> bound = kernel.bind(request_.binding, nothing);
  if (!bound.ok()) return InCrossOptions(bound.status());
  type_ = (*bound)->result_type();
  if (request_.query_cutoffs) {
    status = memory_.Grow(request_.queries.view.length * sizeof(double));
    if (!status.ok()) return status;
  }
  status = ReadQueryCutoffs(&request_, &work_.query_cutoffs);
  if (!status.ok()) return status;
  absl::StatusOr<std::unique_ptr<TextScorer>> scorer = kernel.bind_scorer(request_.binding);
  if (!scorer.ok()) return InCrossOptions(scorer.status());
  scorer_ = *std::move(scorer);
  if (request_.options.symmetric() && !(kernel.symmetric && scorer_->IsSymmetric())) {
    return NotSymmetric(kernel.name);
  }
  next_ = request_.begin;
  return absl::OkStatus();
}

absl::StatusOr<bool> CrossHandler::Prepare(StopToken stop, const std::function<void()>& resume) {
  if (request_.choices_by == CrossRequest::Choices::kDigest) {
    if (absl::Status status = FindChoices(); !status.ok()) return status;
  } else {
    if (held_ == nullptr) {
      if (absl::Status status = ReadChoices(stop); !status.ok()) return status;
    }
    const absl::StatusOr<bool> taken = TakeChoices(stop, resume);
    if (!taken.ok() || !*taken) return taken;
  }
  if (absl::Status status = ReadQueries(stop); !status.ok()) return status;
  request_.bytes = Buffer();
  request_.shared.reset();
  cross_.emplace(*scorer_, *queries_, *choices_);
  ShareWork();
  const uint64_t most = environment_.batches->result_bytes_max;
  const uint64_t least = request_.method == CrossMethod::kJoin ? 0 : ReplyBytesEach();
  if (next_ < request_.end && least > most) {
    return TooMuch("RESULT_TOO_LARGE", "results for one query", least, most, "bytes");
  }
  if (absl::Status status = ReserveBlocks(); !status.ok()) return status;
  return true;
}

// A digest tells what was done to the texts, too; this is so that a request that would have it
// otherwise does not find them.
std::string CrossHandler::ChoicesKey() const {
  return absl::StrCat(digest_, static_cast<int>(request_.binding.preprocessing));
}

absl::Status CrossHandler::FindChoices() {
  digest_ = request_.digest;
  choices_ = environment_.choices->Find(ChoicesKey());
  is_kept_ = choices_ != nullptr;
  // Texts that could not be read are nulls by now, which a call that would have failed learns when
  // it sends them again.
  const bool fails = request_.binding.row_errors == RowErrorPolicy::kFail;
  if (is_kept_ && !(fails && choices_->texts().error_count() > 0)) return absl::OkStatus();
  constexpr absl::string_view kBound = "the digest of choices that this server holds";
  const std::string value =
      digest_.empty() ? "empty" : absl::BytesToHexString(digest_.substr(0, 40));
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      {.reason = "CHOICES_UNKNOWN", .field = "digest", .bound = kBound, .value = value},
      absl::StrCat("digest is ", value, ", which is not ", kBound, ": send the column"));
}

absl::Status CrossHandler::ReadChoices(const StopToken& stop) {
  const bool own = request_.choices_by == CrossRequest::Choices::kColumn;
  const ColumnView& column = own ? request_.choices.view : request_.queries.view;
  auto held = std::make_unique<HeldChoices>(environment_.memory);
  held->bytes = Texts::BytesMax(column) + column.length * Choices::kBytesEach;
  if (absl::Status status = held->memory.Grow(held->bytes); !status.ok()) return status;
  absl::StatusOr<Texts> texts =
      Texts::Read(column, own ? "choices" : "queries", request_.binding.row_errors, stop,
                  request_.binding.preprocessing);
  if (!texts.ok()) return texts.status();
  held->texts.emplace(*std::move(texts));
  digest_ = DigestOf(*held->texts, request_.binding.preprocessing, stop);
  held_ = std::move(held);
  return absl::OkStatus();
}

absl::StatusOr<bool> CrossHandler::TakeChoices(const StopToken& stop,
                                               const std::function<void()>& resume) {
  if (!held_->choices) {
    switch (turn_.Ask(ChoicesKey(), resume, &choices_)) {
      case ChoicesCache::Turn::State::kWait:
        return false;
      case ChoicesCache::Turn::State::kFound:
        held_.reset();
        is_kept_ = true;
        return true;
      case ChoicesCache::Turn::State::kMake:
        break;
    }
    held_->choices.emplace(*std::exchange(held_->texts, std::nullopt), Choices::InSteps());
    if (held_->choices->shards() > 1) {
      preparation_ = std::make_unique<ShardsBlock>(&*held_->choices);
      return false;
    }
    if (held_->choices->shards() == 1) held_->choices->MakeShard(0, stop);
  }
  if (stop.stopped()) return absl::CancelledError("stopped");
  held_->choices->Finish();
  const uint64_t bytes = held_->choices->bytes();
  held_->memory.Shrink(held_->bytes - std::min(held_->bytes, bytes));
  const Choices* const choices = &*held_->choices;
  choices_ = {std::shared_ptr<HeldChoices>(std::move(held_)), choices};
  is_kept_ = turn_.End(choices_);
  return true;
}

absl::Status CrossHandler::ReadQueries(const StopToken& stop) {
  if (request_.choices_by == CrossRequest::Choices::kNone) {
    queries_ = &choices_->texts();
    return absl::OkStatus();
  }
  const uint64_t bytes = Texts::BytesMax(request_.queries.view);
  if (absl::Status status = memory_.Grow(bytes); !status.ok()) return status;
  absl::StatusOr<Texts> texts =
      Texts::Read(request_.queries.view, "queries", request_.binding.row_errors, stop,
                  request_.binding.preprocessing);
  if (!texts.ok()) return texts.status();
  own_queries_.emplace(*std::move(texts));
  memory_.Shrink(bytes - std::min<uint64_t>(bytes, own_queries_->bytes()));
  queries_ = &*own_queries_;
  return absl::OkStatus();
}

bool CrossHandler::CutsByBlocks(size_t queries) const {
  const size_t workers = environment_.workers;
  // What is sent as bytes is worth more than full lanes.
  return request_.method == CrossMethod::kCdist && workers > 1 && queries > 0 &&
         queries < kLaneQueries * workers && choices_->blocks().size() >= workers &&
         scorer_->HasCross() && !scorer_->ChecksPairs() && !cross_->is_selective() &&
         (work_.place != nullptr || !work_.tries_bytes());
}

void CrossHandler::ShareWork() {
  const v1::CrossOptions& options = request_.options;
  work_.cross = &*cross_;
  work_.method = request_.method;
  work_.type = type_;
  work_.narrow = options.format().narrow();
  work_.higher_is_better = scorer_->higher_is_better();
  if (request_.result_place) work_.place = &*request_.result_place;
  work_.buffers = environment_.batches->buffers;
  work_.never_negative = scorer_->is_whole() && !scorer_->higher_is_better() && IsInteger(type_);
  work_.choices = choices_->texts().size();
  work_.begin = request_.begin;
  work_.end = request_.end;
  work_.k = request_.k;
  if (request_.matches_max > 0) work_.matches_max = request_.matches_max;
  work_.symmetric = options.symmetric();
  work_.query_base = options.query_base();
  const bool same = request_.choices_by == CrossRequest::Choices::kNone;
  work_.choice_base = same ? options.query_base() : options.choice_base();
  work_.block_bytes = kStreamBlockBytes;
  if (const uint64_t asked = options.format().block_bytes_max(); asked > 0) {
    work_.block_bytes = std::min<uint64_t>(asked, kStreamBlockBytes);
  }
  const size_t queries = request_.end - request_.begin;
  // An error of a pair is to be that of the first query that has one.
  if (choices_->shards() > 1 && queries < kShardedQueries * environment_.workers &&
      environment_.workers > 1 && !scorer_->ChecksPairs()) {
    for (size_t shard = 0; shard < choices_->shards(); ++shard) {
      work_.shards.emplace_back(*cross_, shard);
    }
  } else if (CutsByBlocks(queries)) {
    const size_t blocks = choices_->blocks().size();
    const size_t step = (blocks + kChoicePartsMax - 1) / kChoicePartsMax;
    for (size_t block = 0; block < blocks; block += step) {
      work_.shards.emplace_back(*cross_, block, std::min(block + step, blocks));
    }
  }
  const size_t each = (queries + environment_.workers - 1) / environment_.workers;
  work_.task_queries =
      scorer_->HasCross() ? std::clamp<size_t>(each, 1, TaskQueries(request_.method)) : 1;
  work_.memory = environment_.memory;

  if (is_kept_) work_.first.set_choices_digest(digest_);
  v1::RowErrors errors;
  if (!same) AppendRowErrors(*queries_, &errors);
  AppendRowErrors(choices_->texts(), &errors);
  if (errors.count() > 0) work_.first.mutable_row_errors()->Swap(&errors);

  const size_t step = std::max<size_t>(1, queries / kSampledQueries);
  double sum_ns = 0;
  size_t sampled = 0;
  for (size_t query = request_.begin; query < request_.end; query += step, ++sampled) {
    costed_ = 0;
    sum_ns += QueryCostNs(query);
  }
  costed_ = 0;
  if (sampled > 0) sum_ns *= static_cast<double>(queries) / static_cast<double>(sampled);
  if (!options.estimate_only()) {
    // By this a call may be refused for its deadline: for the best, all pairs' cost is too much.
    cost_ns_ = sum_ns;
    if (request_.method == CrossMethod::kTopK && queries > 0) {
      cost_ns_ = std::min(sum_ns, static_cast<double>(queries) * cross_->LeastTopKNs());
    }
  }
  if (!options.estimate_only()) return;
  v1::Estimate& estimate = *work_.first.mutable_estimate();
  estimate.set_cells(queries * work_.choices);
  estimate.set_seconds(sum_ns / static_cast<double>(environment_.workers) / 1e9);
  estimate.set_bytes(Product(queries, ReplyBytesEach()));
}

uint64_t CrossHandler::ReplyBytesEach() const {
  const uint64_t width = FixedWidth(type_);
  if (request_.method == CrossMethod::kCdist) return work_.choices * width;
  const uint64_t most = request_.method == CrossMethod::kJoin
                            ? work_.choices
                            : std::min<uint64_t>(request_.k, work_.choices);
  return most * (2 * sizeof(uint64_t) + width);
}

uint64_t CrossHandler::BlockBytesEach() const {
  if (request_.method == CrossMethod::kCdist) {
    return work_.tries_bytes() ? work_.choices : ReplyBytesEach();
  }
  uint64_t most = work_.choices;
  if (request_.method == CrossMethod::kTopK) {
    // Each shard finds so many.
    most = std::min(Product(std::max<size_t>(1, work_.shards.size()), request_.k), most);
  } else if (const uint64_t found = work_.matches_each.load(std::memory_order_relaxed); found > 0) {
    most = std::min(2 * found, most);
  }
  return most * MatchBlock::kBytesEach;
}

absl::Status CrossHandler::ReserveBlocks() {
  const uint64_t each = BlockBytesEach();
  const uint64_t most = std::max(each, ReplyBytesEach());
  uint64_t block = kCrossBlockBytes;
  if (request_.method != CrossMethod::kJoin) block = std::max(block, each);
  // A block of bytes may turn out to need the type that was asked for.
  if (work_.tries_bytes()) block = Product(block, FixedWidth(type_));
  const uint64_t blocks = blocks_ahead(environment_.workers) + 1;
  return memory_.Grow(std::min(Product(blocks, block), Product(request_.end - next_, most)));
}

float CrossHandler::QueryCostNs(size_t query) {
  if (query < costed_) return cost_each_ns_;
  const bool dear = !scorer_->HasCross() && work_.choices < kCostedChoices;
  costed_ = query + (dear ? kCostedTogether : 1);
  double cost_ns = cross_->CostNs(query, query + 1);
  if (request_.method == CrossMethod::kTopK && request_.k == 0) cost_ns = 0;
  cost_each_ns_ = static_cast<float>(cost_ns + kQueryNs);
  return cost_each_ns_;
}

size_t CrossHandler::BlockEnd(std::vector<float>* costs_ns) {
  const uint64_t bytes_each = std::max<uint64_t>(1, BlockBytesEach());
  const size_t most = std::max<size_t>(1, kCrossBlockBytes / bytes_each);
  // A task is all queries of a block by a shard, or some of them by all choices.
  const size_t shards = std::max<size_t>(1, work_.shards.size());
  const size_t parts = work_.shards.empty() ? kCrossBlockTasks : 1;
  const size_t queries_least = parts * work_.task_queries;
  const auto cost_ns_least = static_cast<double>(shards * kCrossBlockCostNs);
  const auto cost_ns_most = static_cast<double>(shards * parts * kCrossTaskCostNsMax);
  double cost_ns = 0;
  size_t end = next_;
  for (; end < request_.end && end - next_ < most; ++end) {
    const float query_ns = QueryCostNs(end);
    const double with_ns = cost_ns + query_ns;
    if (end > next_ && with_ns > cost_ns_least &&
        (end - next_ >= queries_least || with_ns > cost_ns_most)) {
      break;
    }
    cost_ns = with_ns;
    costs_ns->push_back(query_ns);
  }
  return end;
}

std::unique_ptr<Block> CrossHandler::EstimateBlock() const {
  v1::CdistResponse message;
  v1::Block& block = *message.mutable_block();
  block = work_.first;
  block.set_query_begin(request_.begin);
  block.set_query_end(request_.begin);
  block.set_cells_total(work_.first.estimate().cells());
  return std::make_unique<MessageBlock>(std::move(message));
}

absl::StatusOr<std::unique_ptr<Block>> CrossHandler::NextBlock() {
  // There is a message even where there is no query: it tells of the choices.
  if (std::exchange(begun_, true) && next_ == request_.end) return nullptr;
  if (request_.options.estimate_only()) {
    next_ = request_.end;
    return EstimateBlock();
  }
  std::vector<float> costs_ns;
  const size_t begin = next_;
  next_ = BlockEnd(&costs_ns);
  if (request_.method == CrossMethod::kCdist) {
    return std::make_unique<CdistBlock>(&work_, begin, next_, std::move(costs_ns));
  }
  return std::make_unique<MatchBlock>(&work_, begin, next_, std::move(costs_ns));
}

}  // namespace kernelserve::server

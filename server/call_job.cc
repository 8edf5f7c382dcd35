#include "server/call_job.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kernels/error.h"
#include "server/limits.h"
#include "server/scheduler/clocks.h"
#include "server/scheduler/worker_pool.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

// Task::tag of the task that opens the next block; others' is the number of their block, and
// their `begin` the index of a range.
constexpr uint64_t kOpen = UINT64_MAX;

uint64_t Ns(std::chrono::steady_clock::duration duration) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(duration).count());
}

std::string WholeMs(double ns) { return absl::StrFormat("%.0f ms", std::ceil(ns / 1e6)); }

// A wait of which a call's time does not allow kDeadlineWaitParts.
absl::Status Overloaded(double wait_ns, double time_ns, absl::string_view what) {
  return RetryLater(
      MakeError(absl::StatusCode::kResourceExhausted,
                {.reason = "OVERLOADED",
                 .field = "deadline",
                 .bound = absl::StrCat("over ", kDeadlineWaitParts, " times ", WholeMs(wait_ns)),
                 .value = WholeMs(time_ns)},
                absl::StrCat(what, ": try again, or elsewhere")),
      kRetryDelayMs);
}

}  // namespace

CallJob::CallJob(const Options& options, grpc::ByteBuffer* request,
                 std::unique_ptr<StreamHandler> handler)
    : Job(options.flow),
      environment_(*options.environment),
      deadline_(options.deadline),
      blocks_ahead_(options.blocks_ahead),
      one_block_(options.one_block),
      request_(request),
      decoded_(options.decoded),
      memory_(options.environment->memory),
      handler_(std::move(handler)) {}

bool CallJob::NothingLeftToClaim() const {
  return exhausted_ && (open_.empty() || open_.back().next_range == open_.back().ranges.size());
}

Job::Next CallJob::Claim(Task* task) {
  std::lock_guard lock(mutex_);
  if (!status_.ok()) return Next::kEnd;
  for (OpenBlock& block : open_) {
    if (block.next_range == block.ranges.size()) continue;
    const size_t range = block.next_range++;
    *task = {.cost_ns = block.ranges[range].cost_ns, .tag = block.number, .begin = range};
    return NothingLeftToClaim() ? Next::kLastTask : Next::kTask;
  }
  if (exhausted_) return Next::kEnd;
  if (opening_ || parked_) return Next::kWait;
  if (open_.size() + ready_blocks_ < blocks_ahead_ && ready_blocks_ < kStreamBlocksAhead) {
    opening_ = true;
    *task = {.cost_ns = kTaskCostNs, .tag = kOpen};
    return Next::kTask;
  }
  if (open_.empty() && !stalled_) {
    stalled_ = true;
    stalled_since_ = Clock::now();
  }
  return Next::kWait;
}

bool CallJob::TakeReady(grpc::ByteBuffer* reply) {
  std::lock_guard lock(mutex_);
  if (ready_.empty()) return false;
  reply->Swap(&ready_.front().reply);
  if (ready_.front().last_of_block) --ready_blocks_;
  ready_.pop_front();
  if (stalled_) {
    stalled_ = false;
    timing_.set_stalled_ns(timing_.stalled_ns() + Ns(Clock::now() - stalled_since_));
  }
  return true;
}

void CallJob::Run(const Task& task) {
  // A kernel may throw where memory runs out, and a client must not be able to stop the process.
  const uint64_t number = task.tag == kOpen ? next_block_ : task.tag;
  uint64_t row = 0;
  absl::Status status;
  try {
    if (task.tag == kOpen) {
      status = Open();
    } else {
      OpenBlock* block;
      {
        std::lock_guard lock(mutex_);
        block = &open_[task.tag - open_.front().number];
      }
      const Range range = block->ranges[task.begin];
      row = range.begin;
      status = RunRange(block, range);
    }
  } catch (const std::bad_alloc&) {
    status = OutOfMemoryError();
  } catch (const std::exception& exception) {
    status = absl::InternalError(exception.what());
  }
  if (!status.ok()) Fail(std::move(status), number, row);
}

void CallJob::Fail(absl::Status status, uint64_t block_number, uint64_t row) {
  std::lock_guard lock(mutex_);
  const std::pair<uint64_t, uint64_t> at(block_number, row);
  if (status_.ok() || at < failed_at_) {
    status_ = std::move(status);
    failed_at_ = at;
  }
}

double CallJob::LeftNs() const {
  const gpr_timespec left = gpr_time_sub(deadline_, gpr_now(deadline_.clock_type));
  return static_cast<double>(left.tv_sec) * 1e9 + left.tv_nsec;
}

absl::Status CallJob::CheckDeadline() const {
  const double left_ns = LeftNs();
  const double needed_ns = handler_->cost_ns() / static_cast<double>(environment_.pool->workers());
  if (needed_ns <= left_ns * kDeadlineEstimateFactor) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kDeadlineExceeded,
      {.reason = "DEADLINE_UNREACHABLE",
       .field = "deadline",
       .bound = absl::StrCat("about ", WholeMs(needed_ns)),
       .value = WholeMs(left_ns)},
      absl::StrCat("the call would take about ", WholeMs(needed_ns), " and its deadline leaves ",
                   WholeMs(left_ns), ": allow more time or send less"));
}

absl::Status CallJob::Admit() {
  if (absl::Status status = CheckWait(); !status.ok()) return status;
  if (decoded_) return absl::OkStatus();  // then it was small
  // Twice: as it came, until it is decoded, and the copy.
  return memory_.Grow(2 * request_->Length());
}

// Whether this call would have to wait for too long to be worth its while.
absl::Status CallJob::CheckWait() const {
  const double left_ns = LeftNs();
  const auto wait_ns = static_cast<double>(environment_.pool->WaitNs(flow()));
  if (wait_ns * kDeadlineWaitParts <= left_ns) return absl::OkStatus();
  return Overloaded(
      wait_ns, left_ns,
      absl::StrCat("calls of this client wait ", WholeMs(wait_ns), " for a worker, and ",
                   WholeMs(left_ns), " are left of this one's time"));
}

// Whether it has waited for too long, where others wait behind it: in an overload, each would else
// be begun when its time is almost up, and all work be in vain.
absl::Status CallJob::CheckWaited(uint64_t waited_ns) const {
  const double left_ns = LeftNs();
  const auto waited = static_cast<double>(waited_ns);
  if (waited * (kDeadlineWaitParts - 1) <= left_ns) return absl::OkStatus();
  if (environment_.pool->WaitNs(flow()) == 0) return absl::OkStatus();
  return Overloaded(waited, waited + left_ns,
                    absl::StrCat("the call has waited ", WholeMs(waited), " for a worker, and ",
                                 WholeMs(left_ns), " are left of its time"));
}

// Decodes and admits.
absl::Status CallJob::Start() {
  const Clock::time_point start = Clock::now();
  timing_.set_queue_ns(Ns(start - arrival_));
  if (absl::Status status = CheckWaited(timing_.queue_ns()); !status.ok()) return status;
  if (!decoded_) {
    const uint64_t request_bytes = request_->Length();
    absl::Status status = handler_->Decode(*request_);
    request_->Clear();
    memory_.Shrink(request_bytes);
    timing_.set_decode_ns(Ns(Clock::now() - start));
    if (!status.ok()) return status;
  }
  {
    std::lock_guard lock(mutex_);
    work_.kernel = handler_->kernel();
  }
  if (absl::Status status = CheckDeadline(); !status.ok()) return status;
  return memory_.Grow(handler_->memory_bytes());
}

// Readies what all blocks share. Returns false where the call is parked until somebody else has.
absl::StatusOr<bool> CallJob::Prepare() {
  {
    std::lock_guard lock(mutex_);
    parked_ = true;  // before anybody can unpark it
  }
  const Clock::time_point start = Clock::now();
  absl::StatusOr<bool> prepared = handler_->Prepare(stop_token(), [this] { Unpark(); });
  std::lock_guard lock(mutex_);
  timing_.set_prepare_ns(timing_.prepare_ns() + Ns(Clock::now() - start));
  if (!prepared.ok()) return prepared;
  prepared_ = *prepared;
  if (*prepared) {
    parked_ = false;
  } else {
    opening_ = false;
  }
  return prepared;
}

void CallJob::Unpark() {
  {
    std::lock_guard lock(mutex_);
    parked_ = false;
  }
  environment_.pool->Resume(this);
}

absl::Status CallJob::Open() {
  if (!started_) {
    started_ = true;
    if (absl::Status status = Start(); !status.ok()) return status;
  }
  if (!prepared_) {
    const absl::StatusOr<bool> prepared = Prepare();
    if (!prepared.ok()) return prepared.status();
    if (!*prepared) {
      if (auto block = handler_->TakePreparation(); block != nullptr) {
        OpenTasks(std::move(block), /*prepares=*/true);
      }
      return absl::OkStatus();
    }
    // By now the handler may know better.
    if (!one_block_) {
      if (absl::Status status = CheckDeadline(); !status.ok()) return status;
    }
  }
  absl::StatusOr<std::unique_ptr<Block>> block = handler_->NextBlock();
  if (!block.ok()) return block.status();
  if (*block == nullptr) {
    std::lock_guard lock(mutex_);
    exhausted_ = true;
    opening_ = false;
    return absl::OkStatus();
  }

  const Clock::time_point prepare = Clock::now();
  if (absl::Status status = (*block)->Prepare(stop_token()); !status.ok()) return status;
  {
    std::lock_guard lock(mutex_);
    timing_.set_prepare_ns(timing_.prepare_ns() + Ns(Clock::now() - prepare));
  }
  const bool has_tasks = (*block)->rows() > 0;  // others may be done with them before this returns
  OpenBlock* const open = OpenTasks(*std::move(block), /*prepares=*/false);
  return has_tasks ? absl::OkStatus() : Encode(open);
}

CallJob::OpenBlock* CallJob::OpenTasks(std::unique_ptr<Block> block, bool prepares) {
  OpenBlock opened{.block = std::move(block), .number = next_block_++, .prepares = prepares};
  const uint64_t rows = opened.block->rows();
  for (uint64_t begin = 0; begin < rows;) {
    double cost_ns = 0;
    const uint64_t end = opened.block->TaskEnd(begin, kTaskCostNs, &cost_ns);
    opened.ranges.push_back({begin, end, static_cast<uint64_t>(cost_ns)});
    begin = end;
  }
  opened.unfinished = opened.ranges.size();

  std::lock_guard lock(mutex_);
  timing_.set_tasks(timing_.tasks() + opened.ranges.size());
  if (!prepares) {
    timing_.set_cells(timing_.cells() + opened.block->cells());
    work_.rows += opened.block->request_rows();
    exhausted_ = one_block_;
    opening_ = false;
  }
  return &open_.emplace_back(std::move(opened));
}

absl::Status CallJob::RunRange(OpenBlock* block, const Range& range) {
  const uint64_t cpu_ns = ThreadCpuNs();
  absl::Status status = block->block->Run(range.begin, range.end, stop_token());
  const uint64_t spent_ns = ThreadCpuNs() - cpu_ns;
  if (!status.ok()) return status;
  {
    std::lock_guard lock(mutex_);
    timing_.set_run_cpu_ns(timing_.run_cpu_ns() + spent_ns);
    if (--block->unfinished > 0) return absl::OkStatus();
    if (block->prepares) {
      open_.pop_front();
      parked_ = false;
      return absl::OkStatus();
    }
  }
  return stopped() ? absl::OkStatus() : Encode(block);
}

absl::Status CallJob::Encode(OpenBlock* block) {
  const Clock::time_point start = Clock::now();
  std::deque<grpc::ByteBuffer> replies;
  do {
    absl::StatusOr<grpc::ByteBuffer> reply = block->block->Encode();
    if (!reply.ok()) return reply.status();
    replies.emplace_back().Swap(&*reply);
  } while (block->block->more());
  block->block.reset();
  bool ready = false;
  {
    std::lock_guard lock(mutex_);
    timing_.set_encode_ns(timing_.encode_ns() + Ns(Clock::now() - start));
    block->replies.swap(replies);
    block->encoded = true;
    while (!open_.empty() && open_.front().encoded) {
      for (grpc::ByteBuffer& reply : open_.front().replies) {
        ready_.emplace_back().reply.Swap(&reply);
      }
      ready_.back().last_of_block = true;
      ++ready_blocks_;
      open_.pop_front();
      ready = true;
    }
  }
  if (ready) OnReady();
  return absl::OkStatus();
}

void CallJob::Release() {
  open_.clear();
  std::lock_guard lock(mutex_);
  // What nobody has read yet is accounted for by the handler.
  if (ready_.empty()) handler_.reset();
}

bool CallJob::HoldBack(HeldRefusals::Refusal* refusal) const {
  constexpr double kForeverNs = 1e18;
  return environment_.refusals->Hold(refusal, flow(),
                                     static_cast<int64_t>(std::min(LeftNs(), kForeverNs)));
}

void CallJob::TellInTurn() {
  if (next_block_ == 0 && IsForLater(status())) {
    refused_ = true;
    request_->Clear();
    memory_.Clear();
    if (HoldBack(this)) return;
  }
  Tell();
}

void CallJob::Cancel() {
  environment_.pool->Stop(this);
  if (environment_.refusals->TakeBack(this)) Tell();
}

absl::Status CallJob::status() const {
  if (stopped() && !refused_) {
    return MakeError(absl::StatusCode::kCancelled, {.reason = "CANCELLED"},
                     "the client gave up the call, or its deadline passed");
  }
  std::lock_guard lock(mutex_);
  return status_;
}

v1::CallTiming CallJob::Timing() const {
  std::lock_guard lock(mutex_);
  return timing_;
}

CallWork CallJob::Work() const {
  std::lock_guard lock(mutex_);
  return work_;
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_CALL_JOB_H_
#define KERNELSERVE_SERVER_CALL_JOB_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpc/support/time.h"
#include "grpcpp/support/byte_buffer.h"
#include "kernelserve/v1/call_timing.pb.h"
#include "server/call.h"
#include "server/call_record.h"
#include "server/memory_budget.h"
#include "server/scheduler/flow_scheduler.h"
#include "server/scheduler/held_refusals.h"

namespace kernelserve::server {

// The computing side of a call that runs on the pool: decodes the request, then keeps up to
// `blocks_ahead` blocks on the way, each prepared, run in tasks of kTaskCostNs, and encoded.
// call.cc's two subclasses are the side that talks to the client.
//
// Invariants, under mutex_:
// 1. Blocks are opened one at a time (opening_), and open_ holds those not yet encoded in their
//    order; encoded ones move to ready_ from the front only. So replies leave in order. One that
//    prepares is alone in open_, and leaves it for Prepare to be asked again.
// 2. open_.size() + ready_blocks_ + opening_ <= blocks_ahead_, ready_blocks_ being those of which
//    something is in ready_; none is opened while these are kStreamBlocksAhead.
// 3. Ranges are claimed in ascending order and every claimed one is run to its end, so the
//    lowest failure among them is the call's lowest, whatever the timing: the error is the same
//    in every run.
class CallJob : public Job, public HeldRefusals::Refusal {
 public:
  struct Options {
    const CallEnvironment* environment;
    uint64_t flow;
    gpr_timespec deadline;
    bool decoded;         // the handler has read the request already
    size_t blocks_ahead;  // 1 or more
    bool one_block;       // the first block is the last
  };

  // `request` stays valid until the first task has run, and is cleared by it.
  CallJob(const Options& options, grpc::ByteBuffer* request,
          std::unique_ptr<StreamHandler> handler);

  // Takes memory for the request. To be called before the job is submitted.
  absl::Status Admit();

  // Whether `refusal`, this call's, waits for its turn: then it is told, and both may be gone.
  bool HoldBack(HeldRefusals::Refusal* refusal) const;

  Next Claim(Task* task) final;
  void Run(const Task& task) final;

 protected:
  // A block became ready, or several. Called with no lock held, by a task.
  virtual void OnReady() = 0;

  // Moves the next ready block to *reply. After it the job may be able to go on: Resume() it.
  bool TakeReady(grpc::ByteBuffer* reply);

  // The rest is for OnEnd() and later.

  // Frees what the computing held, once no block is ready any more: till then the handler accounts
  // for them.
  void Release();
  // Then, calls Tell(), for the client to hear of the outcome: at once, or in its turn where the
  // call was refused for load before it had begun. What its request takes is free by then, and
  // status() stays what it is, whatever becomes of the client. *this may be gone.
  void TellInTurn();
  // The client has gone: stops the work, or the waiting.
  void Cancel();
  // The call's outcome.
  absl::Status status() const;
  // Where the time went.
  v1::CallTiming Timing() const;
  // What has been computed, or begun to be; what was sent is for whoever sends it to say.
  CallWork Work() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Range {
    uint64_t begin;
    uint64_t end;
    uint64_t cost_ns;
  };
  struct OpenBlock {
    std::unique_ptr<Block> block;
    uint64_t number = 0;
    std::vector<Range> ranges = {};
    size_t next_range = 0;                      // the first that is unclaimed
    size_t unfinished = 0;                      // ranges that have not been run yet
    std::deque<grpc::ByteBuffer> replies = {};  // once encoded
    bool encoded = false;
    bool prepares = false;  // it is no part of the reply, but of what is to be ready before that
  };
  struct Ready {
    grpc::ByteBuffer reply;
    bool last_of_block = false;
  };

  double LeftNs() const;  // until the deadline; less than 0 after it
  absl::Status Start();
  absl::StatusOr<bool> Prepare();
  void Unpark();
  absl::Status CheckDeadline() const;
  absl::Status CheckWait() const;
  absl::Status CheckWaited(uint64_t waited_ns) const;
  absl::Status Open();
  // Cuts a block into tasks, which workers then claim.
  OpenBlock* OpenTasks(std::unique_ptr<Block> block, bool prepares);
  absl::Status RunRange(OpenBlock* block, const Range& range);
  absl::Status Encode(OpenBlock* block);
  void Fail(absl::Status status, uint64_t block_number, uint64_t row);
  bool NothingLeftToClaim() const;  // requires mutex_

  const CallEnvironment& environment_;
  const gpr_timespec deadline_;
  const size_t blocks_ahead_;
  const bool one_block_;
  const Clock::time_point arrival_ = Clock::now();

  // Of the task that opens blocks, of which there is one at a time.
  grpc::ByteBuffer* request_;
  bool started_ = false;
  bool prepared_ = false;
  bool decoded_;
  bool refused_ = false;
  uint64_t next_block_ = 0;

  MemoryBudget::Reservation memory_;
  std::unique_ptr<StreamHandler> handler_;  // outlives the blocks

  mutable std::mutex mutex_;
  std::deque<OpenBlock> open_;  // addresses hold until popped
  std::deque<Ready> ready_;
  size_t ready_blocks_ = 0;
  bool opening_ = false;
  bool parked_ = false;     // until Unpark: what it is to prepare, another call makes
  bool exhausted_ = false;  // no block will be opened any more
  absl::Status status_;
  std::pair<uint64_t, uint64_t> failed_at_;  // block and row of status_, where that is not OK
  v1::CallTiming timing_;
  CallWork work_;
  bool stalled_ = false;
  Clock::time_point stalled_since_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CALL_JOB_H_

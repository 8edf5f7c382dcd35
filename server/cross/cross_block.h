#ifndef KERNELSERVE_SERVER_CROSS_CROSS_BLOCK_H_
#define KERNELSERVE_SERVER_CROSS_CROSS_BLOCK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/data_type.h"
#include "kernels/string_distance/cross.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/block.h"
#include "server/columns/buffer_pool.h"
#include "server/cross/cross_request.h"
#include "server/memory_budget.h"
#include "server/shared_memory/span_buffers.h"

namespace kernelserve::server {

// What the blocks of a call share: made before there is one, and gone after the last.
struct CrossWork {
  const Cross* cross = nullptr;
  // The same, a part of the choices each, where a task is one of these and all of a block's
  // queries: a few queries would not be enough tasks, or leave lanes empty. Otherwise none.
  std::vector<Cross> shards = {};
  CrossMethod method = CrossMethod::kCdist;
  DataType type = DataType::kInt32;  // of the scores
  bool narrow = false;               // as ResultFormat has it
  bool higher_is_better = false;     // of two scores
  bool never_negative = false;       // the scores are whole and at least 0
  size_t choices = 0;
  size_t begin = 0;  // the call's queries
  size_t end = 0;
  size_t k = 0;
  uint64_t matches_max = UINT64_MAX;
  bool symmetric = false;
  uint64_t query_base = 0;
  uint64_t choice_base = 0;
  std::vector<double> query_cutoffs;  // by query; empty: the scorer's counts
  uint64_t block_bytes = 0;           // of a message's columns
  size_t task_queries = 1;            // that a task should have at least
  MemoryBudget* memory = nullptr;
  BufferPool* buffers = nullptr;
  const ResultPlace* place = nullptr;  // for the rows of a matrix, where its client has one
  v1::Block first;                     // what the first message tells beyond its range

  // What running tasks tell those after them.
  std::atomic<uint64_t> matches = 0;
  std::atomic<uint64_t> matches_each = 0;  // of a query, where most were found; 0: not known
  std::atomic<bool> is_wide = false;       // a score was over what fits a byte
  std::atomic<bool> place_lost = false;    // it takes no more rows

  // Whether to compute scores as bytes first. Nearly all fit one, and what does not saturates:
  // where none has, none was lost.
  bool tries_bytes() const {
    return narrow && never_negative && FixedWidth(type) > 1 && shards.empty() &&
           !is_wide.load(std::memory_order_relaxed);
  }
};

// The answers for some queries in a row, in one message or several: of at most block_bytes each,
// unless one query's is more.
class CrossBlock : public Block {
 public:
  // Of queries [begin, end) that take `costs_ns` each. `work` outlives it.
  CrossBlock(CrossWork* work, size_t begin, size_t end, std::vector<float> costs_ns);

  // Queries, or shards.
  uint64_t rows() const final { return work_.shards.empty() ? end_ - begin_ : work_.shards.size(); }
  uint64_t request_rows() const final { return end_ - begin_; }
  double cost_ns() const final { return cost_ns_; }
  uint64_t cells() const final { return (end_ - begin_) * work_.choices; }
  uint64_t TaskEnd(uint64_t begin, double budget_ns, double* cost_ns) const final;
  absl::StatusOr<grpc::ByteBuffer> Encode() final;
  bool more() const final { return next_ < end_; }

 protected:
  // Encodes the next message, which begins with `block`'s field, of queries from `begin` on: calls
  // head(end) for that field once it knows where the message ends, and returns that.
  virtual absl::StatusOr<size_t> EncodeFrom(size_t begin, grpc::ByteBuffer* message) = 0;

  // The message's `block` field.
  std::string Head(size_t begin, size_t end) const;

  CrossWork& work() const { return work_; }
  size_t begin() const { return begin_; }
  size_t end() const { return end_; }

 private:
  CrossWork& work_;
  const size_t begin_;
  const size_t end_;
  const std::vector<float> costs_ns_;
  double cost_ns_ = 0;
  size_t next_;  // the first query that no message has yet
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_CROSS_BLOCK_H_

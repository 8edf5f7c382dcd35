#ifndef KERNELSERVE_SERVER_BLOCK_H_
#define KERNELSERVE_SERVER_BLOCK_H_

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"
#include "kernels/stop_token.h"

namespace kernelserve::server {

// A reply message, or some, in the making: a number of rows that can be computed independently,
// then encoded. What differs between methods is in its subclasses; when and on which threads it
// runs is call.h's affair, in this order:
//
//   rows, cost_ns, cells   once there is a block, from any thread; must not change
//   Prepare                once, on one thread
//   TaskEnd                on one thread
//   Run                    for disjoint ranges that together are [0, rows()), on several threads at
//                          once, begun in ascending order
//   Encode                 on one thread, after every Run has returned OK: once, and again as long
//                          as more() is true
//
// A call that fails or is cancelled ends this at any point.
class Block {
 public:
  virtual ~Block() = default;

  virtual uint64_t rows() const = 0;

  // Estimate for all rows, in nanoseconds on one core.
  virtual double cost_ns() const = 0;

  // What the timing trailer reports: rows, or pairs of a query and a choice.
  virtual uint64_t cells() const { return rows(); }

  // What metrics report: rows of the request, or queries, where these are not what tasks divide.
  virtual uint64_t request_rows() const { return rows(); }

  // Where a task should end that begins at row `begin`, to take about `budget_ns`: over `begin`,
  // at most rows(). Sets *cost_ns to the estimate for it. By default, rows cost the same.
  virtual uint64_t TaskEnd(uint64_t begin, double budget_ns, double* cost_ns) const {
    const double row_ns = std::max(this->cost_ns() / static_cast<double>(rows()), 1e-3);
    const double most = static_cast<double>(rows() - begin);
    const double taken = std::clamp(budget_ns / row_ns, 1.0, most);
    *cost_ns = taken * row_ns;
    return begin + static_cast<uint64_t>(taken);
  }

  // Makes what all rows share, such as the tables of a repeated text.
  virtual absl::Status Prepare(StopToken stop) { return absl::OkStatus(); }

  // Computes rows [begin, end). Of several ranges that fail, the lowest one's error is the call's.
  // Once `stop` is set, returns within a millisecond or so, with any status.
  virtual absl::Status Run(uint64_t begin, uint64_t end, StopToken stop) = 0;

  // The next message.
  virtual absl::StatusOr<grpc::ByteBuffer> Encode() = 0;
  // Whether there are more messages, after one.
  virtual bool more() const { return false; }
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_BLOCK_H_

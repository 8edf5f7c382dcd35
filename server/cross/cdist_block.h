#ifndef KERNELSERVE_SERVER_CROSS_CDIST_BLOCK_H_
#define KERNELSERVE_SERVER_CROSS_CDIST_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/string_distance/score_matrix.h"
#include "server/cross/cross_block.h"

namespace kernelserve::server {

// Rows of the matrix. Messages hold the memory that they were computed into: it is not copied.
class CdistBlock final : public CrossBlock {
 public:
  using CrossBlock::CrossBlock;

  absl::Status Run(uint64_t begin, uint64_t end, StopToken stop) final;

 protected:
  absl::StatusOr<size_t> EncodeFrom(size_t begin, grpc::ByteBuffer* message) final;

 private:
  // A task's rows.
  using Part = std::shared_ptr<const ScoreMatrix>;
  struct Rows {
    Part part;
    size_t begin;  // of the part
    size_t end;
  };

  absl::StatusOr<Part> Compute(size_t begin, size_t end, DataType type, const StopToken& stop);
  // The rows from query `begin` on that make a message: of one type, as many as it should hold.
  std::vector<Rows> Take(size_t begin) const;

  std::mutex mutex_;
  std::map<size_t, Part> parts_;  // by first query; guarded by mutex_ until all have run
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_CDIST_BLOCK_H_

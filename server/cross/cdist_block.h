#ifndef KERNELSERVE_SERVER_CROSS_CDIST_BLOCK_H_
#define KERNELSERVE_SERVER_CROSS_CDIST_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/string_distance/score_matrix.h"
#include "server/cross/cross_block.h"

namespace kernelserve::server {

// Rows of the matrix. Where the client has a place for them, tasks write them there as soon as they
// have them, and messages only tell so. Other messages hold the memory that the rows were computed
// into: it is not copied.
class CdistBlock final : public CrossBlock {
 public:
  using CrossBlock::CrossBlock;

  absl::Status Run(uint64_t begin, uint64_t end, StopToken stop) final;

 protected:
  absl::StatusOr<size_t> EncodeFrom(size_t begin, grpc::ByteBuffer* encoded) final;

 private:
  // A task's rows, or its shard's part of all rows.
  struct Part {
    DataType type;
    size_t queries;
    size_t choices;
    bool is_placed;                             // the client has them
    std::vector<uint8_t> validity;              // as ScoreMatrix has it
    std::shared_ptr<const ScoreMatrix> scores;  // to be sent; may be null where they need not
  };
  struct Rows {
    const Part* part;
    size_t begin;  // of the part
    size_t end;
  };

  // What a message tells of its rows.
  struct Message {
    std::vector<Rows> rows;
    DataType type;
    bool is_placed;
    size_t queries = 0;
    bool nulls = false;
  };

  absl::Status RunShard(size_t shard, const StopToken& stop);
  // Has the client's place take what a shard has of each row. False where it does not.
  bool PlaceShard(const Cross& cross, const ScoreMatrix& scores) const;
  size_t RowBytes(DataType type) const { return FixedWidth(type) * work().choices; }
  // Computes rows and has the client's place take them; nothing where it does not.
  absl::StatusOr<std::optional<Part>> Place(size_t begin, size_t end, const StopToken& stop) const;
  absl::StatusOr<Part> Compute(size_t begin, size_t end, const StopToken& stop) const;
  // The rows from query `begin` on that make a message: alike, and as many as it should hold.
  Message Take(size_t begin) const;
  Message TakeOfShards(size_t begin) const;
  // How many rows of a type a message holds.
  size_t Room(DataType type, bool is_placed) const;
  std::string Validity(const Message& message) const;

  std::mutex mutex_;
  std::map<size_t, Part> parts_;  // by first query, or shard; guarded by mutex_ until all have run
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_CDIST_BLOCK_H_

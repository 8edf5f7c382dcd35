#ifndef KERNELSERVE_SERVER_CROSS_SMALL_BLOCKS_H_
#define KERNELSERVE_SERVER_CROSS_SMALL_BLOCKS_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/choices.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/block.h"
#include "server/message.h"

namespace kernelserve::server {

// One message that was made before.
class MessageBlock final : public Block {
 public:
  explicit MessageBlock(v1::CdistResponse message) : message_(std::move(message)) {}

  uint64_t rows() const override { return 0; }
  double cost_ns() const override { return 0; }
  absl::Status Run(uint64_t, uint64_t, StopToken) override { return absl::OkStatus(); }
  absl::StatusOr<grpc::ByteBuffer> Encode() override { return SerializeMessage(message_); }

 private:
  const v1::CdistResponse message_;
};

// Choices that are made ready, a shard a row.
class ShardsBlock final : public Block {
 public:
  explicit ShardsBlock(Choices* choices) : choices_(*choices) {}

  uint64_t rows() const override { return choices_.shards(); }
  double cost_ns() const override {
    return kPrepareNs * static_cast<double>(choices_.texts().size());
  }
  uint64_t cells() const override { return 0; }
  absl::Status Run(uint64_t begin, uint64_t end, StopToken stop) override {
    for (uint64_t shard = begin; shard < end; ++shard) choices_.MakeShard(shard, stop);
    return absl::OkStatus();
  }
  absl::StatusOr<grpc::ByteBuffer> Encode() override { return grpc::ByteBuffer(); }

 private:
  // What making a choice ready costs.
  static constexpr double kPrepareNs = 200;

  Choices& choices_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_SMALL_BLOCKS_H_

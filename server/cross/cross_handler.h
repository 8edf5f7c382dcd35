#ifndef KERNELSERVE_SERVER_CROSS_CROSS_HANDLER_H_
#define KERNELSERVE_SERVER_CROSS_CROSS_HANDLER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/string_distance/choices.h"
#include "kernels/string_distance/cross.h"
#include "kernels/text_scorer.h"
#include "kernels/texts.h"
#include "server/batch_handler.h"
#include "server/call.h"
#include "server/choices/choices_cache.h"
#include "server/cross/cross_block.h"
#include "server/cross/cross_request.h"
#include "server/memory_budget.h"

namespace kernelserve::server {

// What calls of Cdist, TopK and Join need beside the request. Outlives them.
struct CrossEnvironment {
  const BatchEnvironment* batches;
  MemoryBudget* memory;
  ChoicesCache* choices;
  size_t workers;
};

// Choices with the memory that is reserved for them, which go together.
struct HeldChoices {
  explicit HeldChoices(MemoryBudget* budget) : memory(budget) {}

  MemoryBudget::Reservation memory;
  uint64_t bytes = 0;          // reserved
  std::optional<Texts> texts;  // until there are choices of them
  std::optional<Choices> choices;
};

// Every query by every choice: Cdist, TopK and Join, which differ in their blocks. Texts are read
// and choices made ready once, in Prepare, which takes the memory for them; blocks are consecutive
// queries, run in tasks on the pool, and leave in order.
class CrossHandler final : public StreamHandler {
 public:
  CrossHandler(CrossMethod method, const CrossEnvironment& environment);

  absl::Status Decode(const grpc::ByteBuffer& request) override;
  uint64_t memory_bytes() const override { return 0; }  // Prepare knows, and takes it
  absl::string_view kernel() const override { return request_.kernel->name; }
  size_t blocks_ahead(size_t workers) const override;
  double cost_ns() const override { return cost_ns_; }
  absl::StatusOr<bool> Prepare(StopToken stop, const std::function<void()>& resume) override;
  std::unique_ptr<Block> TakePreparation() override { return std::move(preparation_); }
  absl::StatusOr<std::unique_ptr<Block>> NextBlock() override;

 private:
  absl::Status FindChoices();
  absl::Status ReadChoices(const StopToken& stop);
  // Of what was read: from the cache, or made and put there. False where another call makes them.
  absl::StatusOr<bool> TakeChoices(const StopToken& stop, const std::function<void()>& resume);
  std::string ChoicesKey() const;
  absl::Status ReadQueries(const StopToken& stop);
  // Whether tasks are all queries by some blocks of choices.
  bool CutsByBlocks(size_t queries) const;
  void ShareWork();
  absl::Status ReserveBlocks();
  // How far a block may reach that begins at `next_`, and what its queries cost.
  size_t BlockEnd(std::vector<float>* costs_ns);
  float QueryCostNs(size_t query);
  // What a query adds to a block, and to the reply, at most.
  uint64_t BlockBytesEach() const;
  uint64_t ReplyBytesEach() const;
  std::unique_ptr<Block> EstimateBlock() const;

  const CrossEnvironment environment_;
  CrossRequest request_;
  MemoryBudget::Reservation memory_;  // for texts and blocks

  DataType type_ = DataType::kInt32;
  std::unique_ptr<TextScorer> scorer_;
  std::unique_ptr<HeldChoices> held_;  // read, and not yet shared
  std::unique_ptr<Block> preparation_;
  std::string digest_;
  bool is_kept_ = false;  // under that digest
  std::shared_ptr<const Choices> choices_;
  std::optional<Texts> own_queries_;  // where they are not the choices
  const Texts* queries_ = nullptr;
  std::optional<Cross> cross_;
  CrossWork work_;
  double cost_ns_ = 0;

  size_t next_ = 0;  // the first query that no block has yet
  bool begun_ = false;
  ChoicesCache::Turn turn_;  // goes first: nobody resumes what is gone
  size_t costed_ = 0;  // queries before it have cost_each_ns_ as the last one that was estimated
  float cost_each_ns_ = 0;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_CROSS_HANDLER_H_

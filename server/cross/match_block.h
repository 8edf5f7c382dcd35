#ifndef KERNELSERVE_SERVER_CROSS_MATCH_BLOCK_H_
#define KERNELSERVE_SERVER_CROSS_MATCH_BLOCK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/cross/cross_block.h"
#include "server/memory_budget.h"

namespace kernelserve::server {

// Matches, of TopK or Join: three columns of one length.
class MatchBlock final : public CrossBlock {
 public:
  using CrossBlock::CrossBlock;

  // What a match takes: as it is found, and in a message.
  static constexpr size_t kBytesEach = sizeof(Match) + 2 * sizeof(uint64_t) + sizeof(double);

  absl::Status Run(uint64_t begin, uint64_t end, StopToken stop) final;

 protected:
  absl::StatusOr<size_t> EncodeFrom(size_t begin, grpc::ByteBuffer* message) final;

 private:
  absl::Status FindBest(const Cross& cross, size_t begin, size_t end, const StopToken& stop,
                        std::vector<Match>* matches) const;
  // Takes memory for what it finds before it does.
  absl::Status FindAll(const Cross& cross, size_t begin, size_t end, const StopToken& stop,
                       MemoryBudget::Reservation* memory, std::vector<Match>* matches);
  // Puts all parts' matches into the first, in the order of the reply.
  void Gather();
  // Of what each shard has found, in its order, the best of all.
  void MergeShards(std::vector<Match>* matches) const;
  // Takes note of what a task has found: RESULT_TOO_LARGE where the call has too much.
  absl::Status Count(size_t queries, size_t matches);

  using Reserved = std::unique_ptr<MemoryBudget::Reservation>;

  std::mutex mutex_;
  std::vector<std::vector<Match>> parts_;  // of tasks, in any order; guarded by mutex_
  std::vector<Reserved> memory_;           // theirs, beyond kCrossBlockBytes; guarded by mutex_
  std::atomic<uint64_t> bytes_ = 0;        // that there is room for in all parts
  bool sorted_ = false;                    // parts_ is one part, in the order of queries
  size_t next_match_ = 0;                  // of that
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_MATCH_BLOCK_H_

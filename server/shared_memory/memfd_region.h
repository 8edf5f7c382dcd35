#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_MEMFD_REGION_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_MEMFD_REGION_H_

#include <cstdint>
#include <memory>
#include <shared_mutex>

#include "absl/status/statusor.h"
#include "server/descriptor.h"
#include "server/shared_memory/region.h"

namespace kernelserve::server {

// A sealed memfd: anonymous memory of a fixed size that its client made for this.
class MemfdRegion final : public Region {
 public:
  // An error says what is wrong with the memory: of another kind, without the seals, or too large.
  static absl::StatusOr<std::unique_ptr<MemfdRegion>> Open(Descriptor memory);

  // For memory of which that is known.
  MemfdRegion(Descriptor memory, uint64_t size) : memory_(std::move(memory)), size_(size) {}

  uint64_t size() const override { return size_; }
  uint64_t held_bytes() const override { return size_; }
  bool Read(uint64_t offset, size_t size, uint8_t* to) const override;
  void Begin(uint64_t turn) override;
  bool Write(uint64_t turn, uint64_t offset, Bytes bytes) override;

 private:
  const Descriptor memory_;
  const uint64_t size_;
  std::shared_mutex mutex_;
  uint64_t turn_ = 0;  // the latest; guarded by mutex_
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_MEMFD_REGION_H_

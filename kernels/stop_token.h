#ifndef KERNELSERVE_KERNELS_STOP_TOKEN_H_
#define KERNELSERVE_KERNELS_STOP_TOKEN_H_

#include <atomic>

namespace kernelserve {

// Tells a kernel that nobody waits for its result any more. A kernel that can run for over a
// millisecond a row polls stopped() at least that often and returns early, with any value:
// the caller discards it. Copyable, 8 bytes, safe to poll from any thread; one relaxed load.
//
// (std::stop_token counts references at each copy and brings <thread>'s machinery; a kernel
// only ever polls.)
class StopToken {
 public:
  StopToken() = default;  // never stops
  explicit StopToken(const std::atomic<bool>* stopped) : stopped_(stopped) {}

  bool stopped() const { return stopped_ != nullptr && stopped_->load(std::memory_order_relaxed); }

 private:
  const std::atomic<bool>* stopped_ = nullptr;  // outlives the token; owned by the caller
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STOP_TOKEN_H_

#ifndef KERNELSERVE_KERNELS_STOP_TOKEN_H_
#define KERNELSERVE_KERNELS_STOP_TOKEN_H_

#include <atomic>

namespace kernelserve {

// Tells a kernel that nobody waits for its result any more. A kernel that can run for over a
// millisecond a row polls stopped() at least that often and returns early, with any value:
// the caller discards it. Copyable, 16 bytes, safe to poll from any thread; stopped() is one
// relaxed load. Work that is long by itself says so by Poll(), about every tenth of a millisecond,
// which gives the caller a chance to let others have the core.
//
// (std::stop_token counts references at each copy and brings <thread>'s machinery; a kernel
// only ever polls.)
class StopToken {
 public:
  StopToken() = default;  // never stops
  explicit StopToken(const std::atomic<bool>* stopped, void (*pause)() = nullptr)
      : stopped_(stopped), pause_(pause) {}

  bool stopped() const { return stopped_ != nullptr && stopped_->load(std::memory_order_relaxed); }
  bool Poll() const {
    if (pause_ != nullptr) pause_();
    return stopped();
  }

 private:
  const std::atomic<bool>* stopped_ = nullptr;  // outlives the token; owned by the caller
  void (*pause_)() = nullptr;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STOP_TOKEN_H_

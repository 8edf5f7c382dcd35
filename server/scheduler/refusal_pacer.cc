#include "server/scheduler/refusal_pacer.h"

#include <algorithm>

#include "server/limits.h"

namespace kernelserve::server {

int64_t RefusalPacer::Hold(int64_t now_ns, int64_t left_ns) {
  constexpr int64_t kApartNs = 1'000'000'000 / kRefusalsPerSecond;
  constexpr int64_t kAheadNs = 1'000'000'000;  // a second's worth may leave at once
  constexpr int64_t kRetryNs = kRetryDelayMs * 1'000'000;
  std::lock_guard lock(mutex_);
  due_ns_ = std::min(std::max(due_ns_, now_ns) + kApartNs, now_ns + kAheadNs + kRefusalHoldNsMax);
  const int64_t turn_ns = due_ns_ - now_ns - kAheadNs;
  if (turn_ns <= 0 || held_ == kRefusalsHeldMax) return 0;
  ++held_;
  const int64_t at_most = left_ns > kRetryNs ? left_ns - kRetryNs : std::max(left_ns, kApartNs);
  // Those that are due at about the same time leave together.
  const int64_t turn_at = now_ns + turn_ns;
  const int64_t batch_at = turn_at + kRefusalBatchNs - 1 - (turn_at - 1) % kRefusalBatchNs;
  return std::min({batch_at - now_ns, at_most, kRefusalHoldNsMax});
}

void RefusalPacer::Release() {
  std::lock_guard lock(mutex_);
  --held_;
}

size_t RefusalPacer::held() const {
  std::lock_guard lock(mutex_);
  return held_;
}

}  // namespace kernelserve::server

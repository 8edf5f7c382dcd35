#include "server/scheduler/refusal_pacer.h"

#include <algorithm>

#include "server/limits.h"

namespace kernelserve::server {
namespace {

// The time of a batch, no later than `time_ns`.
int64_t BatchBefore(int64_t time_ns) { return time_ns - time_ns % kRefusalBatchNs; }
int64_t BatchAfter(int64_t time_ns) { return BatchBefore(time_ns + kRefusalBatchNs - 1); }

}  // namespace

int64_t RefusalPacer::Hold(int64_t now_ns, int64_t left_ns) {
  constexpr int64_t kApartNs = 1'000'000'000 / kRefusalsPerSecond;
  constexpr int64_t kAheadNs = 1'000'000'000;  // a second's worth may leave at once
  constexpr int64_t kRetryNs = kRetryDelayMs * 1'000'000;
  due_ns_ = std::min(std::max(due_ns_, now_ns) + kApartNs, now_ns + kAheadNs + kRefusalHoldNsMax);
  const int64_t turn_ns = due_ns_ - now_ns - kAheadNs;
  if (turn_ns <= 0) return 0;
  const int64_t batch_ns = BatchAfter(now_ns + turn_ns);
  left_ns = std::clamp<int64_t>(left_ns, 0, 2 * kRefusalHoldNsMax);
  const int64_t in_time_ns = BatchBefore(now_ns + left_ns - kRetryNs);
  const int64_t at_most_ns = in_time_ns > now_ns ? in_time_ns : BatchAfter(now_ns + left_ns + 1);
  return std::min(batch_ns, at_most_ns) - now_ns;
}

}  // namespace kernelserve::server

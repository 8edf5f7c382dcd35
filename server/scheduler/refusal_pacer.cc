#include "server/scheduler/refusal_pacer.h"

#include <algorithm>

#include "server/limits.h"

namespace kernelserve::server {
namespace {

// The time of a batch, no later than `time_ns`.
int64_t BatchBefore(int64_t time_ns) { return time_ns - time_ns % kRefusalBatchNs; }
int64_t BatchAfter(int64_t time_ns) { return BatchBefore(time_ns + kRefusalBatchNs - 1); }

}  // namespace

int64_t RefusalPacer::Bucket::TurnNs(int64_t now_ns) {
  constexpr int64_t kApartNs = 1'000'000'000 / kRefusalsPerSecond;
  constexpr int64_t kAheadNs = 1'000'000'000;  // a second's worth may leave at once
  constexpr int64_t kLatestNs = kAheadNs + kRefusalHoldNsMax - kRefusalBatchNs;
  due_ns_ = std::min(std::max(due_ns_, now_ns) + kApartNs, now_ns + kLatestNs);
  return std::max<int64_t>(due_ns_ - now_ns - kAheadNs, 0);
}

int64_t RefusalPacer::FlowTurnNs(int64_t now_ns, uint64_t flow) {
  if (flows_.size() >= kRefusedFlowsMax && !flows_.contains(flow)) {
    std::erase_if(flows_, [&](const auto& each) { return each.second.is_empty(now_ns); });
    if (flows_.size() >= kRefusedFlowsMax) return 0;  // it has to do with what bounds them all
  }
  return flows_[flow].TurnNs(now_ns);
}

int64_t RefusalPacer::Hold(int64_t now_ns, uint64_t flow, int64_t left_ns) {
  constexpr int64_t kRetryNs = kRetryDelayMs * 1'000'000;
  const int64_t flow_turn_ns = FlowTurnNs(now_ns, flow);
  const int64_t turn_ns = std::max(flow_turn_ns, all_.TurnNs(now_ns));
  if (turn_ns == 0) return 0;
  const int64_t batch_ns = BatchAfter(now_ns + turn_ns) - now_ns;
  if (flow_turn_ns > 0 || left_ns <= kRetryNs) return batch_ns;
  const int64_t in_time_ns = std::min(left_ns - kRetryNs, kRefusalHoldNsMax);
  const int64_t batch_in_time_ns = BatchBefore(now_ns + in_time_ns) - now_ns;
  return std::min(batch_ns, batch_in_time_ns > 0 ? batch_in_time_ns : in_time_ns);
}

}  // namespace kernelserve::server

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
  due_ns_ = std::min(std::max(due_ns_, now_ns) + kApartNs, now_ns + kAheadNs + kRefusalHoldNsMax);
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
  // What a flow's own bound holds back takes no other flow's turn.
  const int64_t turn_ns = flow_turn_ns > 0 ? flow_turn_ns : all_.TurnNs(now_ns);
  if (turn_ns == 0) return 0;
  left_ns = std::clamp<int64_t>(left_ns, 0, 2 * kRefusalHoldNsMax);
  int64_t latest_ns = BatchBefore(now_ns + left_ns - kRetryNs);
  if (flow_turn_ns > 0 || latest_ns <= now_ns) latest_ns = BatchAfter(now_ns + left_ns + 1);
  return std::min(BatchAfter(now_ns + turn_ns), latest_ns) - now_ns;
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_
#define KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_

#include <cstdint>
#include <unordered_map>

namespace kernelserve::server {

// When a call that is refused for load is told so. At once, mostly. But clients that take no notice
// of when to come back ask thousands of times a second, and saying no to each takes as long as some
// calls do: from kRefusalsPerSecond on, answers wait their turn, up to kRefusalHoldNsMax. A call
// whose time ends before is told while there is still some to go elsewhere; but for those of a flow
// that is refused so often by itself, whose calls would be back at once.
//
// That is the generic cell rate algorithm (a leaky bucket) over the time by which the last one is
// due, of each flow and of all. For one thread.
class RefusalPacer {
 public:
  // For how long to hold back a refusal of now, of a call of `flow` whose time ends in `left_ns`.
  // Those that are held back are told in batches, kRefusalBatchNs apart. That may be after the end
  // of a call's time: gRPC cancels it then.
  int64_t Hold(int64_t now_ns, uint64_t flow, int64_t left_ns);

 private:
  class Bucket {
   public:
    // In how long its next refusal may leave.
    int64_t TurnNs(int64_t now_ns);
    bool is_empty(int64_t now_ns) const { return due_ns_ <= now_ns; }

   private:
    int64_t due_ns_ = 0;
  };

  int64_t FlowTurnNs(int64_t now_ns, uint64_t flow);

  Bucket all_;
  std::unordered_map<uint64_t, Bucket> flows_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_

#ifndef KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_
#define KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_

#include <cstdint>

namespace kernelserve::server {

// When a call that is refused for load is told so. At once, mostly. But clients that take no notice
// of when to come back ask thousands of times a second, and saying no to each takes as long as some
// calls do: from kRefusalsPerSecond on, answers wait their turn, up to kRefusalHoldNsMax.
//
// That is the generic cell rate algorithm (a leaky bucket) over the time by which the last one is
// due. For one thread.
class RefusalPacer {
 public:
  // For how long to hold back a refusal of now, of a call whose time ends in `left_ns`: it is told
  // while there is still time to go elsewhere or, where there is none, after its end. Those that
  // are held back are told in batches, kRefusalBatchNs apart.
  int64_t Hold(int64_t now_ns, int64_t left_ns);

 private:
  int64_t due_ns_ = 0;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_

#ifndef KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_
#define KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace kernelserve::server {

// When a call that is refused for load is told so. At once, mostly. But clients that take no notice
// of when to come back ask thousands of times a second, and saying no to each takes as long as some
// calls do: from kRefusalsPerSecond on, answers wait their turn, up to kRefusalHoldNsMax.
//
// That is the generic cell rate algorithm (a leaky bucket) over the time by which the last one is
// due. Thread-safe.
class RefusalPacer {
 public:
  // For how long to hold back a refusal of now, of a call whose time ends in `left_ns`: it is told
  // while there is still time to go elsewhere. Unless it is 0, Release() follows.
  int64_t Hold(int64_t now_ns, int64_t left_ns);
  void Release();

  size_t held() const;

 private:
  mutable std::mutex mutex_;
  int64_t due_ns_ = 0;  // guarded by mutex_
  size_t held_ = 0;     // guarded by mutex_
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_REFUSAL_PACER_H_

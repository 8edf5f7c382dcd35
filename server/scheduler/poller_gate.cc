#include "server/scheduler/poller_gate.h"

#include <utility>

#include "server/limits.h"

namespace kernelserve::server {

void PollerGate::Enter() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.wait(lock, [&] { return polling_ < places_; });
  --waiting_;
  ++polling_;
}

bool PollerGate::Stay(double busy) {
  {
    const std::lock_guard lock(mutex_);
    if (busy < kPollerIdlePart && polling_ > 1) {
      places_ = --polling_;
      return false;
    }
    // Not two at once: how busy all are shows when the last one is in.
    if (busy <= kPollerBusyPart || polling_ < places_ || places_ == most_) return true;
    ++places_;
  }
  changed_.notify_one();
  return true;
}

void PollerGate::Leave() {
  {
    const std::lock_guard lock(mutex_);
    --polling_;
  }
  changed_.notify_one();
}

size_t PollerGate::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

bool PollerLoad::IsOver(int64_t now_ns) const { return now_ns - began_ns_ >= kPollerWindowNs; }

double PollerLoad::Next(int64_t now_ns, uint64_t cpu_ns) {
  const int64_t window_ns = now_ns - std::exchange(began_ns_, now_ns);
  const uint64_t worked_ns = cpu_ns - std::exchange(began_cpu_ns_, cpu_ns);
  return static_cast<double>(worked_ns) / static_cast<double>(window_ns);
}

}  // namespace kernelserve::server

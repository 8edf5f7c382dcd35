#include "server/scheduler/held_refusals.h"

#include <pthread.h>

#include <cassert>
#include <chrono>
#include <utility>
#include <vector>

#include "server/limits.h"
#include "server/scheduler/clocks.h"

namespace kernelserve::server {

HeldRefusals::HeldRefusals(std::function<void(bool any)> on_change)
    : on_change_(std::move(on_change)), thread_([this] { TellAllInTime(); }) {}

HeldRefusals::~HeldRefusals() {
  {
    const std::lock_guard lock(mutex_);
    assert(by_time_.empty());
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool HeldRefusals::Hold(Refusal* refusal, uint64_t flow, int64_t left_ns) {
  bool is_next;
  {
    const std::lock_guard lock(mutex_);
    const int64_t now_ns = MonotonicNs();
    const int64_t hold_ns = pacer_.Hold(now_ns, flow, left_ns);
    if (hold_ns == 0 || refusal->is_withdrawn_ || by_time_.size() == kRefusalsHeldMax) return false;
    refusal->tell_at_ns_ = now_ns + hold_ns;
    by_time_.emplace(refusal->tell_at_ns_, refusal);
    TellChange();
    is_next = by_time_.begin()->second == refusal;
  }
  if (is_next) changed_.notify_one();
  return true;
}

bool HeldRefusals::TakeBack(Refusal* refusal) {
  const std::lock_guard lock(mutex_);
  const bool was_held = by_time_.erase({refusal->tell_at_ns_, refusal}) == 1;
  refusal->is_withdrawn_ = !was_held;
  TellChange();
  return was_held;
}

void HeldRefusals::TellChange() {
  const bool any = !by_time_.empty();
  if (any == std::exchange(told_any_, any) || on_change_ == nullptr) return;
  on_change_(any);
}

size_t HeldRefusals::held() const {
  const std::lock_guard lock(mutex_);
  return by_time_.size();
}

void HeldRefusals::TellAllInTime() {
  pthread_setname_np(pthread_self(), "refusals");
  std::vector<Refusal*> due;
  std::unique_lock lock(mutex_);
  for (;;) {
    const int64_t now_ns = MonotonicNs();
    while (!by_time_.empty() && by_time_.begin()->first <= now_ns) {
      due.push_back(by_time_.begin()->second);
      by_time_.erase(by_time_.begin());
    }
    TellChange();
    if (!due.empty()) {
      lock.unlock();
      for (Refusal* each : due) each->Tell();
      due.clear();
      lock.lock();
    } else if (ending_) {
      return;
    } else if (by_time_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, std::chrono::nanoseconds(by_time_.begin()->first - now_ns));
    }
  }
}

}  // namespace kernelserve::server

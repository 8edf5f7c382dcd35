#include "server/scheduler/worker_pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cassert>
#include <utility>

#include "server/limits.h"
#include "server/scheduler/clocks.h"
#include "server/scheduler/yield.h"

namespace kernelserve::server {
WorkerPool::WorkerPool(size_t workers, size_t jobs_max, std::chrono::milliseconds rest,
                       std::function<void()> on_rest)
    : jobs_max_(jobs_max), rest_(rest), on_rest_(std::move(on_rest)), scheduler_(kFlowQuantumNs) {
  assert(workers > 0);
  threads_.reserve(workers);
  for (size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    assert(scheduler_.jobs() == 0);
    closing_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::Submit(Job* job) {
  std::unique_lock lock(mutex_);
  if (scheduler_.jobs() >= jobs_max_) return false;
  scheduler_.Add(job, static_cast<uint64_t>(MonotonicNs()));
  ++submitted_;
  UnlockAndWake(std::move(lock));
  return true;
}

uint64_t WorkerPool::WaitNs(uint64_t flow) const {
  const std::lock_guard lock(mutex_);
  return scheduler_.WaitNs(flow, static_cast<uint64_t>(MonotonicNs()));
}

void WorkerPool::Resume(Job* job) {
  std::unique_lock lock(mutex_);
  scheduler_.Resume(job);
  UnlockAndWake(std::move(lock));
}

void WorkerPool::Stop(Job* job) {
  bool ended;
  {
    std::lock_guard lock(mutex_);
    ended = scheduler_.Stop(job);
    // Who waits without an end to it may rest now. (In the lock: after OnEnd there may be no pool.)
    if (ended && scheduler_.jobs() == 0 && on_rest_ != nullptr) ready_.notify_one();
  }
  if (ended) job->OnEnd();
}

WorkerPool::Load WorkerPool::load() const {
  const std::lock_guard lock(mutex_);
  return {.busy = threads_.size() - idle_, .jobs = scheduler_.jobs(), .flows = scheduler_.flows()};
}

// Wakes one worker where there may be something for it; that one, having found a task, wakes the
// next. Outside the lock, so that it does not run into it.
void WorkerPool::UnlockAndWake(std::unique_lock<std::mutex> lock) {
  const bool wake = idle_ > 0 && scheduler_.ready();
  lock.unlock();
  if (wake) ready_.notify_one();
}

// Returns when there may be a task, or the pool is closing.
void WorkerPool::AwaitTask(std::unique_lock<std::mutex>* lock) {
  LeaveCore();
  ++idle_;
  const uint64_t submitted = submitted_;
  if (on_rest_ == nullptr || rested_after_ == submitted || scheduler_.jobs() > 0) {
    ready_.wait(*lock);
  } else if (ready_.wait_for(*lock, rest_) == std::cv_status::timeout &&
             rested_after_ != submitted && submitted_ == submitted && scheduler_.jobs() == 0) {
    rested_after_ = submitted;
    lock->unlock();
    on_rest_();
    lock->lock();
  }
  --idle_;
}

void WorkerPool::Work() {
  // Linux takes a thread's id here. Failing leaves the worker as it is: slower neighbours, no harm.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kWorkerNice);
  pthread_setname_np(pthread_self(), "worker");

  uint64_t cpu_ns = ThreadCpuNs();
  std::unique_lock lock(mutex_);
  for (;;) {
    const FlowScheduler::Pick pick = scheduler_.Next();
    if (pick.job == nullptr) {
      if (closing_) return;
      AwaitTask(&lock);
      continue;
    }
    UnlockAndWake(std::move(lock));
    bool ended = pick.ended;
    if (!ended) {
      pick.job->Run(pick.task);
      YieldNowAndThen();
      const uint64_t now = ThreadCpuNs();
      lock = std::unique_lock(mutex_);
      ended = scheduler_.Finish(pick.job, pick.task, now - cpu_ns);
      cpu_ns = now;
      if (!ended) continue;
      lock.unlock();
    }
    pick.job->OnEnd();
    lock = std::unique_lock(mutex_);
  }
}

}  // namespace kernelserve::server

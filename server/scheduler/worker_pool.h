#ifndef KERNELSERVE_SERVER_SCHEDULER_WORKER_POOL_H_
#define KERNELSERVE_SERVER_SCHEDULER_WORKER_POOL_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "server/scheduler/flow_scheduler.h"

namespace kernelserve::server {

// The threads that all computing runs on. Each asks the FlowScheduler for a task, runs it, and
// asks again; tasks of one job run on several workers at once. Workers are at nice +10 and yield
// now and then: where they keep every core busy, gRPC's own threads still get theirs soon, and a
// cheap call that is answered inline stays fast.
//
// Thread-safe. No method may be called while holding a lock that Job::Claim takes.
class WorkerPool {
 public:
  // `workers` is at least 1. Up to `jobs_max` jobs are in the pool at a time. When it has had none
  // for `rest`, a worker calls `on_rest`, once until there are some again.
  WorkerPool(size_t workers, size_t jobs_max, std::chrono::milliseconds rest = {},
             std::function<void()> on_rest = nullptr);

  // Every submitted job must have ended.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Takes in `job`, which must stay valid until its OnEnd() is called. Returns false, and has
  // nothing to do with the job, where the pool is full.
  [[nodiscard]] bool Submit(Job* job);

  // For how long the oldest of the flow's jobs has waited that no worker has begun; 0 where none
  // waits. A job submitted now will wait about as long, or longer.
  uint64_t WaitNs(uint64_t flow) const;

  // Asks `job` for tasks again after its Claim() answered kWait. Does nothing where it did not, or
  // where the job has ended.
  void Resume(Job* job);

  // Stops `job`: its token tells running tasks so, no further task begins, and OnEnd() follows when
  // the last one has returned, on the calling thread where none is running. Does nothing where
  // the job has ended. Only for a submitted job.
  void Stop(Job* job);

  size_t workers() const { return threads_.size(); }

  struct Load {
    size_t busy;   // workers that run a task
    size_t jobs;   // submitted and not ended
    size_t flows;  // with such a job
  };
  Load load() const;

 private:
  void Work();
  void AwaitTask(std::unique_lock<std::mutex>* lock);
  void UnlockAndWake(std::unique_lock<std::mutex> lock);

  const size_t jobs_max_;
  const std::chrono::milliseconds rest_;
  const std::function<void()> on_rest_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  FlowScheduler scheduler_;    // guarded by mutex_
  size_t idle_ = 0;            // workers that wait on ready_; guarded by mutex_
  uint64_t submitted_ = 0;     // jobs so far; guarded by mutex_
  uint64_t rested_after_ = 0;  // as many of them as when it last rested; guarded by mutex_
  bool closing_ = false;       // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_WORKER_POOL_H_

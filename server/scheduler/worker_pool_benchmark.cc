#include <cstdint>
#include <latch>

#include "benchmark/benchmark.h"
#include "server/limits.h"
#include "server/scheduler/worker_pool.h"

namespace kernelserve::server {
namespace {

// Tasks that do nothing: what is left is the pool's own time.
class EmptyTasks : public Job {
 public:
  EmptyTasks(uint64_t flow, uint64_t count) : Job(flow), left_(count) {}

  Next Claim(Task* task) override {
    *task = {.cost_ns = kTaskCostNs};
    return --left_ == 0 ? Next::kLastTask : Next::kTask;
  }
  void Run(const Task&) override {}
  void OnEnd() override { ended_.count_down(); }
  void WaitForEnd() { ended_.wait(); }

 private:
  uint64_t left_;
  std::latch ended_{1};
};

// What a task costs beside its work: kTaskCostNs should be a thousand times that.
void BM_HandOutATask(benchmark::State& state) {
  WorkerPool pool(static_cast<size_t>(state.range(0)), kJobsMax);
  constexpr uint64_t kTasks = 100'000;
  for (auto _ : state) {
    EmptyTasks job(1, kTasks);
    if (!pool.Submit(&job)) state.SkipWithError("the pool is full");
    job.WaitForEnd();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kTasks));
}
BENCHMARK(BM_HandOutATask)->Arg(1)->Arg(2)->UseRealTime();

// What a call pays for the hop to an idle worker and back: why cheap ones are answered inline.
void BM_RoundTripOfAJob(benchmark::State& state) {
  WorkerPool pool(1, kJobsMax);
  for (auto _ : state) {
    EmptyTasks job(1, 1);
    if (!pool.Submit(&job)) state.SkipWithError("the pool is full");
    job.WaitForEnd();
  }
}
BENCHMARK(BM_RoundTripOfAJob)->UseRealTime();

}  // namespace
}  // namespace kernelserve::server

#include "server/scheduler/worker_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <semaphore>
#include <vector>

#include "gtest/gtest.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

// `count` tasks, each of which calls `run` with its number.
class CountedJob : public Job {
 public:
  CountedJob(uint64_t flow, uint64_t count, std::function<void(uint64_t)> run)
      : Job(flow), count_(count), run_(std::move(run)) {}

  Next Claim(Task* task) override {
    if (parked_.load()) return Next::kWait;
    if (next_ == count_) return Next::kEnd;
    *task = {.cost_ns = kTaskCostNs, .begin = next_++};
    return Next::kTask;
  }
  void Run(const Task& task) override { run_(task.begin); }
  void OnEnd() override { ended_.count_down(); }

  void WaitForEnd() { ended_.wait(); }
  bool has_ended() const { return ended_.try_wait(); }
  void set_parked(bool parked) { parked_.store(parked); }

 private:
  const uint64_t count_;
  const std::function<void(uint64_t)> run_;
  uint64_t next_ = 0;
  std::atomic<bool> parked_ = false;
  std::latch ended_{1};
};

TEST(WorkerPoolTest, RunsEachTaskOnce) {
  std::vector<std::atomic<int>> runs(1000);
  WorkerPool pool(3, kJobsMax);
  CountedJob job(1, runs.size(), [&](uint64_t i) { ++runs[i]; });
  ASSERT_TRUE(pool.Submit(&job));
  job.WaitForEnd();
  for (const auto& count : runs) EXPECT_EQ(count.load(), 1);
}

TEST(WorkerPoolTest, RunsTasksOfOneJobOnAllWorkersAtOnce) {
  WorkerPool pool(3, kJobsMax);
  std::latch all_there(3);
  CountedJob job(1, 3, [&](uint64_t) { all_there.arrive_and_wait(); });
  ASSERT_TRUE(pool.Submit(&job));
  job.WaitForEnd();
}

TEST(WorkerPoolTest, WorkersAreNicerThanGrpcsThreads) {
  WorkerPool pool(1, kJobsMax);
  int nice = 0;
  CountedJob job(1, 1, [&](uint64_t) { nice = getpriority(PRIO_PROCESS, 0); });
  ASSERT_TRUE(pool.Submit(&job));
  job.WaitForEnd();
  EXPECT_EQ(nice, kWorkerNice);
}

TEST(WorkerPoolTest, SaysOnceAfterEachTimeOfWorkThatItRests) {
  std::counting_semaphore<> rests(0);
  WorkerPool pool(2, kJobsMax, std::chrono::milliseconds(1), [&] { rests.release(); });
  for (int times = 0; times < 3; ++times) {
    CountedJob job(1, 4, [](uint64_t) {});
    ASSERT_TRUE(pool.Submit(&job));
    job.WaitForEnd();
    rests.acquire();
    EXPECT_FALSE(rests.try_acquire_for(std::chrono::milliseconds(20)));
  }
}

TEST(WorkerPoolTest, RestsAfterAJobThatWaitedWasStoppedAndNotBefore) {
  std::counting_semaphore<> rests(0);
  WorkerPool pool(2, kJobsMax, std::chrono::milliseconds(1), [&] { rests.release(); });
  CountedJob waiting(1, 1, [](uint64_t) {});
  waiting.set_parked(true);
  ASSERT_TRUE(pool.Submit(&waiting));
  CountedJob job(2, 100, [](uint64_t) {});
  ASSERT_TRUE(pool.Submit(&job));
  job.WaitForEnd();
  EXPECT_FALSE(rests.try_acquire_for(std::chrono::milliseconds(50)));
  pool.Stop(&waiting);
  waiting.WaitForEnd();
  rests.acquire();
}

// How soon is FlowSchedulerTest's affair.
TEST(WorkerPoolTest, TakesALookupAmidAnEndlessJob) {
  WorkerPool pool(1, kJobsMax);
  std::latch started(1);
  CountedJob matrix(1, UINT64_MAX, [&](uint64_t i) {
    if (i == 0) started.count_down();
  });
  CountedJob lookup(2, 1, [](uint64_t) {});
  ASSERT_TRUE(pool.Submit(&matrix));
  started.wait();
  ASSERT_TRUE(pool.Submit(&lookup));
  lookup.WaitForEnd();
  EXPECT_FALSE(matrix.has_ended());
  pool.Stop(&matrix);
  matrix.WaitForEnd();
}

TEST(WorkerPoolTest, StopsAfterTheRunningTask) {
  WorkerPool pool(1, kJobsMax);
  std::latch started(1);
  std::binary_semaphore go(0);
  std::atomic<int> tasks = 0;
  CountedJob job(1, UINT64_MAX, [&](uint64_t) {
    ++tasks;
    started.count_down();
    go.acquire();
  });
  ASSERT_TRUE(pool.Submit(&job));
  started.wait();
  pool.Stop(&job);
  EXPECT_TRUE(job.stop_token().stopped());
  EXPECT_FALSE(job.has_ended());
  go.release();
  job.WaitForEnd();
  EXPECT_EQ(tasks.load(), 1);
}

TEST(WorkerPoolTest, ResumesAParkedJob) {
  WorkerPool pool(2, kJobsMax);
  std::atomic<int> tasks = 0;
  CountedJob parked(1, 4, [&](uint64_t) { ++tasks; });
  parked.set_parked(true);
  ASSERT_TRUE(pool.Submit(&parked));
  CountedJob next(1, 4, [](uint64_t) {});
  ASSERT_TRUE(pool.Submit(&next));
  next.WaitForEnd();
  EXPECT_EQ(tasks.load(), 0);
  parked.set_parked(false);
  pool.Resume(&parked);
  parked.WaitForEnd();
  EXPECT_EQ(tasks.load(), 4);
}

TEST(WorkerPoolTest, StopsAParkedJobOnTheCallingThread) {
  WorkerPool pool(1, kJobsMax);
  CountedJob parked(1, 1, [](uint64_t) {});
  parked.set_parked(true);
  ASSERT_TRUE(pool.Submit(&parked));
  CountedJob next(1, 1, [](uint64_t) {});
  ASSERT_TRUE(pool.Submit(&next));
  next.WaitForEnd();
  pool.Stop(&parked);
  EXPECT_TRUE(parked.has_ended());
}

TEST(WorkerPoolTest, RefusesJobsBeyondItsBound) {
  WorkerPool pool(1, 2);
  CountedJob a(1, 1, [](uint64_t) {}), b(1, 1, [](uint64_t) {}), c(1, 1, [](uint64_t) {});
  a.set_parked(true);
  b.set_parked(true);
  ASSERT_TRUE(pool.Submit(&a));
  ASSERT_TRUE(pool.Submit(&b));
  EXPECT_FALSE(pool.Submit(&c));
  pool.Stop(&a);
  EXPECT_TRUE(pool.Submit(&c));
  c.WaitForEnd();
  pool.Stop(&b);
}

// Deletes itself in OnEnd, as calls do, while other threads stop and resume it until then.
TEST(WorkerPoolTest, SurvivesStopAndResumeFromManyThreads) {
  WorkerPool pool(2, kJobsMax);
  constexpr int kJobs = 500;
  std::atomic<int> tasks = 0;
  std::vector<std::unique_ptr<CountedJob>> jobs;
  for (uint64_t i = 0; i < kJobs; ++i) {
    jobs.push_back(std::make_unique<CountedJob>(i % 7, 5, [&](uint64_t) { ++tasks; }));
    jobs.back()->set_parked(i % 3 == 0);
    ASSERT_TRUE(pool.Submit(jobs.back().get()));
  }
  std::thread stopper([&] {
    for (size_t i = 0; i < jobs.size(); i += 2) pool.Stop(jobs[i].get());
  });
  std::thread resumer([&] {
    for (auto& job : jobs) {
      job->set_parked(false);
      pool.Resume(job.get());
    }
  });
  stopper.join();
  resumer.join();
  for (auto& job : jobs) job->WaitForEnd();
  EXPECT_GE(tasks.load(), kJobs / 2 * 5);
  EXPECT_LE(tasks.load(), kJobs * 5);
}

}  // namespace
}  // namespace kernelserve::server

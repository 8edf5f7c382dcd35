#include "server/scheduler/flow_scheduler.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kQuantum = 1000;

// Hands out `count` tasks of `cost_ns`; each `really_ns` where that is given.
class FakeJob : public Job {
 public:
  FakeJob(uint64_t flow, std::string name, uint64_t count, uint64_t cost_ns, uint64_t really_ns = 0)
      : Job(flow),
        name_(std::move(name)),
        count_(count),
        cost_ns_(cost_ns),
        really_ns_(really_ns == 0 ? cost_ns : really_ns) {}

  Next Claim(Task* task) override {
    if (parked_) return Next::kWait;
    if (next_ == count_) return Next::kEnd;
    *task = {.cost_ns = cost_ns_, .begin = next_, .end = next_ + 1};
    ++next_;
    return says_last_ && next_ == count_ ? Next::kLastTask : Next::kTask;
  }
  void Run(const Task&) override {}
  void OnEnd() override {}

  void set_parked(bool parked) { parked_ = parked; }
  void set_says_last() { says_last_ = true; }
  const std::string& name() const { return name_; }
  uint64_t really_ns() const { return really_ns_; }

 private:
  const std::string name_;
  const uint64_t count_;
  const uint64_t cost_ns_;
  const uint64_t really_ns_;
  uint64_t next_ = 0;
  bool parked_ = false;
  bool says_last_ = false;
};

// Runs the scheduler on one imaginary worker for up to `picks` picks; returns what ran, as job
// names, with "." after the name of one that has ended.
std::vector<std::string> RunOne(FlowScheduler& scheduler, size_t picks) {
  std::vector<std::string> order;
  while (order.size() < picks) {
    FlowScheduler::Pick pick = scheduler.Next();
    if (pick.job == nullptr) break;
    auto* job = static_cast<FakeJob*>(pick.job);
    if (pick.ended || scheduler.Finish(job, pick.task, job->really_ns())) {
      order.push_back(job->name() + ".");
    } else {
      order.push_back(job->name());
    }
  }
  return order;
}

constexpr uint64_t kEndless = UINT64_MAX;

TEST(FlowSchedulerTest, ServesOneFlowFirstInFirstOut) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", 2, kQuantum), b(1, "b", 1, kQuantum);
  scheduler.Add(&a);
  scheduler.Add(&b);
  EXPECT_THAT(RunOne(scheduler, 10), ElementsAre("a", "a", "a.", "b", "b."));
  EXPECT_EQ(scheduler.jobs(), 0u);
  EXPECT_FALSE(scheduler.ready());
}

TEST(FlowSchedulerTest, DelaysALookupByOneQuantumOfAnEndlessJob) {
  FlowScheduler scheduler(kQuantum);
  FakeJob matrix(1, "m", kEndless, kQuantum / 4);
  scheduler.Add(&matrix);
  EXPECT_THAT(RunOne(scheduler, 6), ElementsAre("m", "m", "m", "m", "m", "m"));
  FakeJob lookup(2, "lookup", 1, kQuantum / 4);
  scheduler.Add(&lookup);
  // The matrix has used half of its turn.
  EXPECT_THAT(RunOne(scheduler, 4), ElementsAre("m", "m", "lookup", "lookup."));
}

TEST(FlowSchedulerTest, DelaysALookupByOneQuantumOfEachOtherFlow) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", kEndless, kQuantum), b(2, "b", kEndless, kQuantum);
  scheduler.Add(&a);
  scheduler.Add(&b);
  EXPECT_THAT(RunOne(scheduler, 4), ElementsAre("a", "b", "a", "b"));
  FakeJob lookup(3, "lookup", 1, 1);
  scheduler.Add(&lookup);
  EXPECT_THAT(RunOne(scheduler, 4), ElementsAre("a", "lookup", "lookup.", "b"));
}

TEST(FlowSchedulerTest, SharesTimeAndNotTasks) {
  FlowScheduler scheduler(kQuantum);
  FakeJob coarse(1, "coarse", kEndless, 3 * kQuantum), fine(2, "fine", kEndless, kQuantum / 2);
  scheduler.Add(&coarse);
  scheduler.Add(&fine);
  std::map<std::string, uint64_t> ns;
  for (const std::string& name : RunOne(scheduler, 7000)) {
    ns[name] += name == "coarse" ? 3 * kQuantum : kQuantum / 2;
  }
  EXPECT_NEAR(static_cast<double>(ns["coarse"]), static_cast<double>(ns["fine"]), 4 * kQuantum);
}

TEST(FlowSchedulerTest, ChargesWhatATaskReallyTook) {
  FlowScheduler scheduler(kQuantum);
  FakeJob liar(1, "liar", kEndless, 1, 5 * kQuantum), honest(2, "honest", kEndless, kQuantum);
  scheduler.Add(&liar);
  scheduler.Add(&honest);
  std::map<std::string, int> tasks;
  for (const std::string& name : RunOne(scheduler, 6000)) ++tasks[name];
  EXPECT_NEAR(tasks["honest"], 5 * tasks["liar"], 6);
}

TEST(FlowSchedulerTest, ForgivesDebtBeyondItsBound) {
  FlowScheduler scheduler(kFlowQuantumNs);
  FakeJob monster(1, "monster", 2, kFlowQuantumNs, 1000 * kFlowQuantumNs);
  FakeJob other(2, "other", kEndless, kFlowQuantumNs);
  scheduler.Add(&monster);
  scheduler.Add(&other);
  const std::vector<std::string> order = RunOne(scheduler, 200);
  EXPECT_EQ(order[0], "monster");
  EXPECT_EQ(std::find(order.begin() + 1, order.end(), "monster") - order.begin(), 102);
}

TEST(FlowSchedulerTest, PipelinesPastAJobThatWaits) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", 2, 1), b(1, "b", 2, 1);
  scheduler.Add(&a);
  scheduler.Add(&b);
  a.set_parked(true);
  EXPECT_THAT(RunOne(scheduler, 1), ElementsAre("b"));
  a.set_parked(false);
  EXPECT_THAT(RunOne(scheduler, 1), ElementsAre("b"));  // nobody resumed it
  scheduler.Resume(&a);
  EXPECT_THAT(RunOne(scheduler, 9), ElementsAre("a", "a", "a.", "b."));
}

TEST(FlowSchedulerTest, PipelinesPastAJobWhoseLastTaskStillRuns) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", 1, 1), b(1, "b", 1, 1);
  scheduler.Add(&a);
  scheduler.Add(&b);
  FlowScheduler::Pick first = scheduler.Next();
  FlowScheduler::Pick second = scheduler.Next();
  EXPECT_EQ(first.job, &a);
  EXPECT_EQ(second.job, &b);
  EXPECT_EQ(scheduler.Next().job, nullptr);
  EXPECT_TRUE(scheduler.Finish(first.job, first.task, 7));
  EXPECT_TRUE(scheduler.Finish(second.job, second.task, 8));
}

TEST(FlowSchedulerTest, AsksAWaitingJobAgainWhenOneOfItsTasksHasFinished) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", 2, 1);
  scheduler.Add(&a);
  FlowScheduler::Pick first = scheduler.Next();
  a.set_parked(true);
  EXPECT_EQ(scheduler.Next().job, nullptr);
  a.set_parked(false);
  EXPECT_FALSE(scheduler.Finish(first.job, first.task, 1));
  EXPECT_EQ(scheduler.Next().job, &a);
}

TEST(FlowSchedulerTest, EndsAJobWithoutTasks) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", 0, 1);
  scheduler.Add(&a);
  EXPECT_THAT(RunOne(scheduler, 5), ElementsAre("a."));
}

TEST(FlowSchedulerTest, EndsAJobWithItsLastTaskAndNotAtTheNextTurn) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", 2, kQuantum), other(2, "other", kEndless, kQuantum);
  a.set_says_last();
  scheduler.Add(&a);
  scheduler.Add(&other);
  EXPECT_THAT(RunOne(scheduler, 4), ElementsAre("a", "other", "a.", "other"));
}

TEST(FlowSchedulerTest, StopsAReadyJobAtOnce) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", kEndless, 1), b(1, "b", 1, 1);
  scheduler.Add(&a);
  scheduler.Add(&b);
  EXPECT_TRUE(scheduler.Stop(&a));
  EXPECT_TRUE(a.stop_token().stopped());
  EXPECT_FALSE(scheduler.Stop(&a));
  EXPECT_THAT(RunOne(scheduler, 5), ElementsAre("b", "b."));
}

TEST(FlowSchedulerTest, StopsAWaitingJobAtOnce) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", kEndless, 1);
  a.set_parked(true);
  scheduler.Add(&a);
  EXPECT_EQ(scheduler.Next().job, nullptr);
  EXPECT_TRUE(scheduler.Stop(&a));
  scheduler.Resume(&a);
  EXPECT_EQ(scheduler.Next().job, nullptr);
  EXPECT_EQ(scheduler.jobs(), 0u);
}

TEST(FlowSchedulerTest, EndsAStoppedJobWithItsLastRunningTask) {
  FlowScheduler scheduler(kQuantum);
  FakeJob a(1, "a", kEndless, 1);
  scheduler.Add(&a);
  FlowScheduler::Pick first = scheduler.Next();
  FlowScheduler::Pick second = scheduler.Next();
  EXPECT_FALSE(scheduler.Stop(&a));
  EXPECT_EQ(scheduler.Next().job, nullptr);
  EXPECT_FALSE(scheduler.Finish(first.job, first.task, 1));
  EXPECT_TRUE(scheduler.Finish(second.job, second.task, 1));
}

TEST(FlowSchedulerTest, KeepsAFlowsDebtWhileItHasAJob) {
  FlowScheduler scheduler(kQuantum);
  FakeJob debtor(1, "debtor", 2, 1, 3 * kQuantum), waiting(1, "waiting", 1, 1);
  waiting.set_parked(true);
  scheduler.Add(&debtor);
  scheduler.Add(&waiting);
  EXPECT_THAT(RunOne(scheduler, 1), ElementsAre("debtor"));
  FakeJob other(2, "other", kEndless, kQuantum);
  scheduler.Add(&other);
  EXPECT_THAT(RunOne(scheduler, 4), ElementsAre("other", "other", "other", "debtor"));
}

TEST(FlowSchedulerTest, TellsHowLongTheOldestJobOfAFlowHasWaitedThatNothingWasClaimedOf) {
  FlowScheduler scheduler(kQuantum);
  FakeJob begun(1, "begun", 2, kQuantum);
  FakeJob first(1, "first", 1, kQuantum);
  FakeJob second(1, "second", 1, kQuantum);
  EXPECT_EQ(scheduler.WaitNs(1, 50), 0u);
  scheduler.Add(&begun, 100);
  EXPECT_EQ(scheduler.WaitNs(1, 150), 50u);
  const FlowScheduler::Pick pick = scheduler.Next();
  ASSERT_EQ(pick.job, &begun);
  EXPECT_EQ(scheduler.WaitNs(1, 160), 0u);
  scheduler.Add(&first, 200);
  scheduler.Add(&second, 300);
  EXPECT_EQ(scheduler.WaitNs(1, 350), 150u);
  EXPECT_EQ(scheduler.WaitNs(2, 350), 0u);  // others do not wait
  EXPECT_TRUE(scheduler.Stop(&first));
  EXPECT_EQ(scheduler.WaitNs(1, 350), 50u);
  EXPECT_TRUE(scheduler.Stop(&second));
  EXPECT_FALSE(scheduler.Stop(&begun));
  EXPECT_TRUE(scheduler.Finish(pick.job, pick.task, kQuantum));
}

}  // namespace
}  // namespace kernelserve::server

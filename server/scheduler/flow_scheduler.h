#ifndef KERNELSERVE_SERVER_SCHEDULER_FLOW_SCHEDULER_H_
#define KERNELSERVE_SERVER_SCHEDULER_FLOW_SCHEDULER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "kernels/stop_token.h"
#include "server/scheduler/yield.h"

namespace kernelserve::server {

// A unit of a job that one worker runs in one go, of about task_cost_ns (limits.h). What `tag`,
// `begin` and `end` mean is the job's own affair.
struct Task {
  uint64_t cost_ns = 0;  // estimate
  uint64_t tag = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
};

// What one call wants computed: tasks, handed out one after another and run on any thread.
class Job {
 public:
  enum class Next {
    kTask,      // *task is set
    kLastTask,  // as well, and none will follow: spares the job another turn just to say kEnd
    kWait,      // none now: ask again when a running task of this job has finished, or upon Resume
    kEnd,       // none any more: the job ends when its running tasks have finished
  };

  // `flow` says whose job it is: jobs of one flow are served first-in-first-out, flows in turn.
  explicit Job(uint64_t flow) : flow_key_(flow) {}
  uint64_t flow() const { return flow_key_; }
  virtual ~Job() = default;

  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Hands out the next task. Called by one thread at a time, and never again after kLastTask or
  // kEnd. Under the scheduler's lock: takes well under a microsecond, calls nothing of the pool.
  virtual Next Claim(Task* task) = 0;

  // Runs a claimed task, on any worker, concurrently with others of this job.
  virtual void Run(const Task& task) = 0;

  // Every claimed task has returned and none will follow. Called once, with no lock held; the job
  // is not touched afterwards and may delete itself.
  virtual void OnEnd() = 0;

  // True once nobody waits for the result: tasks return early, with anything.
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  StopToken stop_token() const { return StopToken(&stopped_, YieldNowAndThen); }

 private:
  friend class FlowScheduler;
  enum class State { kNew, kReady, kWaiting, kEnding, kEnded };

  const uint64_t flow_key_;
  std::atomic<bool> stopped_ = false;

  // The scheduler's, under its caller's lock.
  State state_ = State::kNew;
  uint64_t arrival_ns_ = 0;             // when it was added
  bool begun_ = false;                  // has been claimed from
  uint64_t sequence_ = 0;               // place in the flow's order
  std::list<Job*>::iterator position_;  // in its flow's ready list, while kReady
  size_t running_ = 0;                  // tasks claimed and not yet finished
};

// Decides which task runs next: deficit round-robin between flows (Shreedhar and Varghese,
// "Efficient Fair Queuing using Deficit Round Robin", SIGCOMM 1995) in nanoseconds of CPU, and
// first-in-first-out between the jobs of a flow. A job that waits, or has handed out its last
// task, does not hold up the next one of its flow, so that a client's window of calls pipelines.
//
// A flow's turn lasts until it has used up its deficit; a task may overdraw it, and is then paid
// off in later turns. A task is charged by its estimate when it starts and by what it really took
// when it has finished, so that a bad estimate costs the flow that made it. Debt is bounded by
// kFlowDebtNsMax, and a flow whose last job has ended is forgotten, credit and debt alike.
//
// Holds no thread and no lock, so that its order is testable exactly: callers serialise.
class FlowScheduler {
 public:
  // A turn is worth `quantum_ns`: with f flows active, one waits for f-1 quanta at most, and
  // one task that is already running.
  explicit FlowScheduler(uint64_t quantum_ns) : quantum_ns_(quantum_ns) {}

  // `now_ns` is of a clock that does not go back.
  void Add(Job* job, uint64_t now_ns = 0);

  // For how long the oldest of the flow's jobs has waited of which nothing has been claimed yet:
  // what the next one can expect while as many arrive as are done. 0 where none waits.
  uint64_t WaitNs(uint64_t flow, uint64_t now_ns) const;

  struct Pick {
    Job* job = nullptr;  // null: nothing is ready
    Task task;           // to be run, then given to Finish()
    bool ended = false;  // no task instead: the job ended without one; call OnEnd()
  };
  Pick Next();

  // `task` has run and took `cpu_ns`. Returns true where it was the job's last: call OnEnd().
  [[nodiscard]] bool Finish(Job* job, const Task& task, uint64_t cpu_ns);

  // See WorkerPool. Stop returns true where the job has now ended: call OnEnd().
  void Resume(Job* job);
  [[nodiscard]] bool Stop(Job* job);

  // Whether Next() may have something. (The jobs may still answer that they have not.)
  bool ready() const { return !turns_.empty(); }
  size_t jobs() const { return jobs_; }  // not yet ended
  size_t flows() const { return flows_.size(); }

 private:
  struct Flow {
    std::list<Job*> ready;   // by sequence
    int64_t deficit_ns = 0;  // what is left of its turn; negative: overdrawn
    size_t jobs = 0;         // not yet ended, waiting ones included
    bool in_turns = false;   // has a ready job, or had one until its turn comes up
  };

  void MakeReady(Job* job);
  void NoLongerReady(Job* job, Job::State state);
  void Charge(Flow* flow, int64_t cost_ns);
  bool EndIfIdle(Job* job);  // true where it has ended: a job that ends and runs nothing

  const uint64_t quantum_ns_;
  std::unordered_map<uint64_t, Flow> flows_;
  std::list<Flow*> turns_;  // flows with a ready job; the front one's turn it is
  uint64_t next_sequence_ = 0;
  size_t jobs_ = 0;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SCHEDULER_FLOW_SCHEDULER_H_

#include "server/scheduler/flow_scheduler.h"

#include <algorithm>
#include <cassert>

#include "server/limits.h"

namespace kernelserve::server {

void FlowScheduler::Add(Job* job, uint64_t now_ns) {
  assert(job->state_ == Job::State::kNew);
  job->arrival_ns_ = now_ns;
  job->sequence_ = next_sequence_++;
  ++jobs_;
  auto [it, is_new] = flows_.try_emplace(job->flow_key_);
  if (is_new) it->second.deficit_ns = static_cast<int64_t>(quantum_ns_);
  ++it->second.jobs;
  MakeReady(job);
}

uint64_t FlowScheduler::WaitNs(uint64_t flow, uint64_t now_ns) const {
  const auto found = flows_.find(flow);
  if (found == flows_.end()) return 0;
  for (const Job* job : found->second.ready) {
    if (!job->begun_) return now_ns - job->arrival_ns_;
  }
  return 0;
}

void FlowScheduler::MakeReady(Job* job) {
  Flow& flow = flows_.at(job->flow_key_);
  // A job that comes back is among the oldest of its flow, and a new one is the youngest.
  auto position = flow.ready.end();
  if (!flow.ready.empty() && flow.ready.back()->sequence_ > job->sequence_) {
    position = std::find_if(flow.ready.begin(), flow.ready.end(),
                            [job](const Job* other) { return other->sequence_ > job->sequence_; });
  }
  job->position_ = flow.ready.insert(position, job);
  job->state_ = Job::State::kReady;
  if (!flow.in_turns) {
    flow.in_turns = true;
    turns_.push_back(&flow);
  }
}

void FlowScheduler::NoLongerReady(Job* job, Job::State state) {
  flows_.at(job->flow_key_).ready.erase(job->position_);
  job->state_ = state;
}

void FlowScheduler::Charge(Flow* flow, int64_t cost_ns) {
  flow->deficit_ns =
      std::clamp(flow->deficit_ns - cost_ns, -kFlowDebtNsMax, static_cast<int64_t>(quantum_ns_));
}

bool FlowScheduler::EndIfIdle(Job* job) {
  if (job->running_ > 0) return false;
  job->state_ = Job::State::kEnded;
  --jobs_;
  auto it = flows_.find(job->flow_key_);
  if (--it->second.jobs == 0) {
    if (it->second.in_turns) turns_.remove(&it->second);
    flows_.erase(it);
  }
  return true;
}

FlowScheduler::Pick FlowScheduler::Next() {
  while (!turns_.empty()) {
    Flow* flow = turns_.front();
    if (flow->ready.empty()) {
      flow->in_turns = false;
      turns_.pop_front();
      continue;
    }
    if (flow->deficit_ns <= 0) {
      flow->deficit_ns += static_cast<int64_t>(quantum_ns_);
      turns_.splice(turns_.end(), turns_, turns_.begin());
      continue;
    }
    Job* job = flow->ready.front();
    job->begun_ = true;
    Task task;
    switch (const Job::Next next = job->Claim(&task)) {
      case Job::Next::kTask:
      case Job::Next::kLastTask:
        ++job->running_;
        Charge(flow, static_cast<int64_t>(task.cost_ns));
        if (next == Job::Next::kLastTask) NoLongerReady(job, Job::State::kEnding);
        return {.job = job, .task = task};
      case Job::Next::kWait:
        NoLongerReady(job, Job::State::kWaiting);
        break;
      case Job::Next::kEnd:
        NoLongerReady(job, Job::State::kEnding);
        if (EndIfIdle(job)) return {.job = job, .task = {}, .ended = true};
        break;
    }
  }
  return {};
}

bool FlowScheduler::Finish(Job* job, const Task& task, uint64_t cpu_ns) {
  --job->running_;
  Charge(&flows_.at(job->flow_key_),
         static_cast<int64_t>(cpu_ns) - static_cast<int64_t>(task.cost_ns));
  if (job->state_ == Job::State::kWaiting) MakeReady(job);
  return job->state_ == Job::State::kEnding && EndIfIdle(job);
}

void FlowScheduler::Resume(Job* job) {
  if (job->state_ == Job::State::kWaiting) MakeReady(job);
}

bool FlowScheduler::Stop(Job* job) {
  assert(job->state_ != Job::State::kNew);
  job->stopped_.store(true, std::memory_order_relaxed);
  switch (job->state_) {
    case Job::State::kReady:
      NoLongerReady(job, Job::State::kEnding);
      break;
    case Job::State::kWaiting:
      job->state_ = Job::State::kEnding;
      break;
    default:  // its last tasks are running, or it has ended
      return false;
  }
  return EndIfIdle(job);
}

}  // namespace kernelserve::server

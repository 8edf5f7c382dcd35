#include "server/observability/server_figures.h"

#include "prometheus/client_metric.h"
#include "prometheus/metric_type.h"
#include "server/connections/acceptor.h"

namespace kernelserve::server {
namespace {

using ::prometheus::ClientMetric;
using ::prometheus::MetricFamily;
using ::prometheus::MetricType;

struct Row {
  const char* name;
  const char* help;
  double value;
  MetricType type = MetricType::Gauge;
};

template <typename Number>
double Real(Number number) {
  return static_cast<double>(number);
}

}  // namespace

std::vector<MetricFamily> ServerCollector::Collect() const {
  const ServerFigures now = read_();
  const ProcessFigures& process = now.process;
  const Row rows[] = {
      {"kernelserve_serving", "1 while health is SERVING, 0 while the server drains.",
       Real(now.serving)},
      {"kernelserve_workers", "Threads that compute.", Real(now.workers)},
      {"kernelserve_workers_busy", "Workers that run a task.", Real(now.workers_busy)},
      {"kernelserve_jobs", "Calls on the pool, running and waiting.", Real(now.jobs)},
      {"kernelserve_jobs_max", "Calls that the pool takes; more are OVERLOADED.",
       Real(now.jobs_max)},
      {"kernelserve_flows", "Clients with a call on the pool.", Real(now.flows)},
      {"kernelserve_memory_reserved_bytes", "What calls and kept choices have of the budget.",
       Real(now.memory_bytes)},
      {"kernelserve_memory_budget_bytes", "What they may have; more is MEMORY_CEILING.",
       Real(now.memory_bytes_max)},
      {"kernelserve_choices_bytes", "Choices that are kept for later calls.",
       Real(now.choices_bytes)},
      {"kernelserve_buffers_bytes", "Memory of requests that is kept for the next ones.",
       Real(now.buffers_bytes)},
      {"kernelserve_heap_bytes",
       "Allocated and not freed. Resident memory is more: what is free is kept for what comes.",
       Real(process.heap_bytes)},
      {"kernelserve_connections", "Connections that are open.", Real(now.connections)},
      {"kernelserve_log_events_dropped_total",
       "Events that are missing in the log, whose reader is too slow or gone.",
       Real(now.log_events_dropped), MetricType::Counter},
      {"process_cpu_seconds_total", "Processor time, user and system.", process.cpu_seconds,
       MetricType::Counter},
      {"process_resident_memory_bytes", "Resident memory.", Real(process.resident_bytes)},
      {"process_virtual_memory_bytes", "Virtual memory.", Real(process.virtual_bytes)},
      {"process_threads", "Threads.", Real(process.threads)},
      {"process_open_fds", "Open descriptors.", Real(process.open_descriptors)},
      {"process_max_fds", "Descriptors that may be open.", Real(process.descriptors_max)},
      {"process_start_time_seconds", "When the process started, since 1970.",
       process.start_seconds},
  };
  std::vector<MetricFamily> families;
  for (const Row& row : rows) {
    ClientMetric metric;
    (row.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = row.value;
    families.push_back({row.name, row.help, row.type, {metric}});
  }
  MetricFamily refused{"kernelserve_connections_refused_total",
                       "Connections that were closed at once, by what there was no more of.",
                       MetricType::Counter,
                       {}};
  for (size_t i = 0; i < now.refused.size(); ++i) {
    ClientMetric metric;
    metric.counter.value = Real(now.refused[i]);
    metric.label.push_back({"bound", std::string(Acceptor::kRefusals[i])});
    refused.metric.push_back(std::move(metric));
  }
  families.push_back(std::move(refused));
  ClientMetric build;
  build.gauge.value = 1;
  for (const auto& [name, value] : build_) build.label.push_back({name, value});
  families.push_back(
      {"kernelserve_build_info", "What is running, in labels.", MetricType::Gauge, {build}});
  return families;
}

}  // namespace kernelserve::server

#include "server/observability/call_metrics.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "kernels/error.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

using ::prometheus::BuildCounter;
using ::prometheus::BuildGauge;
using ::prometheus::BuildHistogram;
using ::prometheus::ClientMetric;
using ::prometheus::Labels;

// From what an inline call takes to an hour's matrix, three to a decade where people look.
const std::vector<double>& SecondsBounds() {
  static const auto* const bounds = new std::vector<double>{
      5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2,
      5e-2, 0.1,  0.2,  0.5,  1,    2,    5,    10,   30,   60,   600,  3600};
  return *bounds;
}

std::string Name(Method method) { return std::string(MethodName(method)); }

double SecondsOf(uint64_t ns) { return static_cast<double>(ns) * 1e-9; }

// Where `part` of all observations lie below: linear within a bucket, as Prometheus'
// histogram_quantile has it. 0 where there are none.
double Quantile(const ClientMetric::Histogram& histogram, double part) {
  const double rank = part * static_cast<double>(histogram.sample_count);
  double below = 0;
  double least = 0;
  for (const auto& bucket : histogram.bucket) {
    const auto count = static_cast<double>(bucket.cumulative_count);
    if (count >= rank && count > below) {
      if (bucket.upper_bound > SecondsBounds().back()) return least;
      return least + (bucket.upper_bound - least) * (rank - below) / (count - below);
    }
    below = count;
    least = bucket.upper_bound;
  }
  return 0;
}

}  // namespace

CallMetrics::CallMetrics(prometheus::Registry* registry)
    : duration_(BuildHistogram()
                    .Name("grpc_server_call_duration_seconds")
                    .Help("Time from a call's arrival to its end.")
                    .Register(*registry)),
      stages_(
          BuildHistogram()
              .Name("kernelserve_call_stage_seconds")
              .Help("Time of a call in one stage; that of run is processor time of all workers.")
              .Register(*registry)),
      errors_(BuildCounter()
                  .Name("kernelserve_errors_total")
                  .Help("Calls that failed, by the reason that their client was given.")
                  .Register(*registry)),
      rows_(BuildCounter()
                .Name("kernelserve_rows_total")
                .Help("Rows, or queries, that were computed.")
                .Register(*registry)),
      cells_(BuildCounter()
                 .Name("kernelserve_cells_total")
                 .Help("Rows, or pairs of a query and a choice, that were computed.")
                 .Register(*registry)) {
  // So that whoever watches their rate sees the first of them.
  for (const char* reason : {"INTERNAL", "OVERLOADED", "MEMORY_CEILING", "DEADLINE_UNREACHABLE"}) {
    errors_.Add({{"reason", reason}});
  }
  auto& started = BuildCounter()
                      .Name("grpc_server_call_started_total")
                      .Help("Calls that have arrived.")
                      .Register(*registry);
  auto& in_flight = BuildGauge()
                        .Name("kernelserve_calls_in_flight")
                        .Help("Calls that have arrived and have not ended.")
                        .Register(*registry);
  auto& received = BuildCounter()
                       .Name("kernelserve_received_bytes_total")
                       .Help("Bytes of requests; what lies in shared memory does not count.")
                       .Register(*registry);
  auto& sent = BuildCounter()
                   .Name("kernelserve_sent_bytes_total")
                   .Help("Bytes of replies; what lies in shared memory does not count.")
                   .Register(*registry);
  for (size_t i = 0; i < kMethods; ++i) {
    const Labels labels = {{"grpc_method", Name(static_cast<Method>(i))}};
    methods_[i].started = &started.Add(labels);
    methods_[i].in_flight = &in_flight.Add(labels);
    methods_[i].received_bytes = &received.Add(labels);
    methods_[i].sent_bytes = &sent.Add(labels);
  }
}

void CallMetrics::Started(Method method) {
  OfMethod& of_method = methods_[static_cast<size_t>(method)];
  of_method.started->Increment();
  of_method.in_flight->Increment();
}

template <typename MakeLabels>
void CallMetrics::Observe(Series* series, prometheus::Family<prometheus::Histogram>& family,
                          const MakeLabels& make_labels, double seconds) {
  prometheus::Histogram* histogram = series->load(std::memory_order_acquire);
  if (histogram == nullptr) {
    // Whoever adds the same labels at the same time gets the same histogram.
    histogram = &family.Add(make_labels(), SecondsBounds());
    series->store(histogram, std::memory_order_release);
  }
  histogram->Observe(seconds);
}

CallMetrics::OfKernel CallMetrics::ByKernel(absl::string_view name) {
  const std::lock_guard lock(mutex_);
  const std::string key(name);
  auto [at, is_new] = kernels_.try_emplace(key);
  if (is_new) at->second = {&rows_.Add({{"kernel", key}}), &cells_.Add({{"kernel", key}})};
  return at->second;
}

void CallMetrics::Ended(const CallReport& report) {
  OfMethod& of_method = methods_[static_cast<size_t>(report.method)];
  of_method.in_flight->Decrement();
  of_method.received_bytes->Increment(static_cast<double>(report.received_bytes));
  of_method.sent_bytes->Increment(static_cast<double>(report.sent_bytes));

  const absl::StatusCode code = report.status.code();
  Observe(
      &of_method.duration[std::min(static_cast<size_t>(code), kCodes - 1)], duration_,
      [&]() -> Labels {
        return {{"grpc_method", Name(report.method)},
                {"grpc_status", absl::StatusCodeToString(code)}};
      },
      report.seconds);

  const v1::CallTiming& timing = report.timing;
  const std::array<uint64_t, kStages.size()> ns = {timing.decode_ns(),  timing.queue_ns(),
                                                   timing.prepare_ns(), timing.run_cpu_ns(),
                                                   timing.encode_ns(),  timing.stalled_ns()};
  for (size_t i = 0; i < kStages.size(); ++i) {
    if (ns[i] == 0) continue;  // no such stage
    Observe(
        &of_method.stages[i], stages_,
        [&]() -> Labels {
          return {{"grpc_method", Name(report.method)}, {"stage", kStages[i]}};
        },
        SecondsOf(ns[i]));
  }
  if (!report.kernel.empty()) {
    const OfKernel of_kernel = ByKernel(report.kernel);
    of_kernel.rows->Increment(static_cast<double>(report.rows));
    of_kernel.cells->Increment(static_cast<double>(timing.cells()));
  }
  if (!report.status.ok()) {
    errors_.Add({{"reason", ReasonOf(report.status)}}).Increment();
  }
}

CallMetrics::Totals CallMetrics::TotalsOf(Method method) const {
  const OfMethod& of_method = methods_[static_cast<size_t>(method)];
  Totals totals;
  totals.started = static_cast<uint64_t>(of_method.started->Value());
  totals.in_flight = static_cast<uint64_t>(std::max(of_method.in_flight->Value(), 0.0));
  for (size_t code = 0; code < kCodes; ++code) {
    const prometheus::Histogram* histogram =
        of_method.duration[code].load(std::memory_order_acquire);
    if (histogram == nullptr) continue;
    const ClientMetric::Histogram seconds = histogram->Collect().histogram;
    if (code != 0) {
      totals.failed += seconds.sample_count;
      continue;
    }
    totals.p50_seconds = Quantile(seconds, 0.5);
    totals.p99_seconds = Quantile(seconds, 0.99);
  }
  return totals;
}

}  // namespace kernelserve::server

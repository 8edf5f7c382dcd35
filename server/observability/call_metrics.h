#ifndef KERNELSERVE_SERVER_OBSERVABILITY_CALL_METRICS_H_
#define KERNELSERVE_SERVER_OBSERVABILITY_CALL_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "server/method.h"
#include "server/observability/call_report.h"

namespace kernelserve::server {

// Counts of calls and where their time went, as Prometheus has them; docs/operations.md says what
// each is for. Names and labels of calls are those of gRPC's proposal A66. Latencies and errors
// have no series before the first of them.
//
// Thread-safe. A call costs a tenth of a microsecond or two.
class CallMetrics {
 public:
  // `registry` outlives it.
  explicit CallMetrics(prometheus::Registry* registry);

  void Started(Method method);
  void Ended(const CallReport& report);

  // How calls of one method went, since the server started.
  struct Totals {
    uint64_t started = 0;
    uint64_t in_flight = 0;
    uint64_t failed = 0;
    double p50_seconds = 0;  // of calls that succeeded; interpolated within a bucket
    double p99_seconds = 0;
  };
  Totals TotalsOf(Method method) const;

 private:
  // gRPC's codes, of which absl::StatusCode has the numbers.
  static constexpr size_t kCodes = 17;
  // Of CallTiming, in its order.
  static constexpr std::array<const char*, 6> kStages = {"decode", "queue",  "prepare",
                                                         "run",    "encode", "stalled"};

  // A histogram that comes into being, with its labels, when there is something to tell.
  using Series = std::atomic<prometheus::Histogram*>;
  template <typename MakeLabels>
  static void Observe(Series* series, prometheus::Family<prometheus::Histogram>& family,
                      const MakeLabels& make_labels, double seconds);

  struct OfMethod {
    prometheus::Counter* started;
    prometheus::Gauge* in_flight;
    prometheus::Counter* received_bytes;
    prometheus::Counter* sent_bytes;
    std::array<Series, kCodes> duration{};
    std::array<Series, kStages.size()> stages{};
  };
  struct OfKernel {
    prometheus::Counter* rows;
    prometheus::Counter* cells;
  };

  OfKernel ByKernel(absl::string_view name);

  prometheus::Family<prometheus::Histogram>& duration_;
  prometheus::Family<prometheus::Histogram>& stages_;
  prometheus::Family<prometheus::Counter>& errors_;
  prometheus::Family<prometheus::Counter>& rows_;
  prometheus::Family<prometheus::Counter>& cells_;
  std::array<OfMethod, kMethods> methods_;

  std::mutex mutex_;
  std::unordered_map<std::string, OfKernel> kernels_;  // guarded by mutex_
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OBSERVABILITY_CALL_METRICS_H_

#ifndef KERNELSERVE_SERVER_OBSERVABILITY_SERVER_FIGURES_H_
#define KERNELSERVE_SERVER_OBSERVABILITY_SERVER_FIGURES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"
#include "server/observability/process_figures.h"

namespace kernelserve::server {

// How the server is, at one moment.
struct ServerFigures {
  bool serving = false;  // false while draining
  size_t workers = 0;
  size_t workers_busy = 0;
  size_t jobs = 0;
  size_t jobs_max = 0;
  size_t flows = 0;
  uint64_t memory_bytes = 0;  // reserved of the budget
  uint64_t memory_bytes_max = 0;
  uint64_t choices_bytes = 0;
  uint64_t buffers_bytes = 0;  // idle ones
  size_t connections = 0;
  uint64_t log_events_dropped = 0;
  std::vector<uint64_t> refused = {};  // connections, by Acceptor::Refusal
  ProcessFigures process;
};

// Those figures as Prometheus has them, taken at each scrape. Thread-safe if `read` is.
class ServerCollector final : public prometheus::Collectable {
 public:
  // `build` are the labels of kernelserve_build_info.
  ServerCollector(std::vector<std::pair<std::string, std::string>> build,
                  std::function<ServerFigures()> read)
      : build_(std::move(build)), read_(std::move(read)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::vector<std::pair<std::string, std::string>> build_;
  const std::function<ServerFigures()> read_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OBSERVABILITY_SERVER_FIGURES_H_

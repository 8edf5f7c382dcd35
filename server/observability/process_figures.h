#ifndef KERNELSERVE_SERVER_OBSERVABILITY_PROCESS_FIGURES_H_
#define KERNELSERVE_SERVER_OBSERVABILITY_PROCESS_FIGURES_H_

#include <cstdint>

namespace kernelserve::server {

// What the operating system says of this process (from /proc, and 0 where there is none), and the C
// library of its heap.
struct ProcessFigures {
  double cpu_seconds = 0;  // of all threads, in user and system mode
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t heap_bytes = 0;  // allocated and not freed; what is free is resident, too
  uint64_t threads = 0;
  uint64_t open_descriptors = 0;
  uint64_t descriptors_max = 0;
  double start_seconds = 0;  // since 1970
};

ProcessFigures ReadProcessFigures();

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OBSERVABILITY_PROCESS_FIGURES_H_

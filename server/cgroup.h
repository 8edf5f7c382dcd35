#ifndef KERNELSERVE_SERVER_CGROUP_H_
#define KERNELSERVE_SERVER_CGROUP_H_

#include <cstdint>
#include <filesystem>
#include <optional>

namespace kernelserve::server {

// What the control group of this process allows it, cgroup v2 and v1 alike: in a container the
// machine's own numbers say nothing. The lowest bound on the way from the process's group to
// the root counts. Files are read below `root`, "/" but in tests; what is missing or unreadable
// bounds nothing.

// CPUs' worth of time, such as 1.5.
std::optional<double> CgroupCpus(const std::filesystem::path& root = "/");

std::optional<uint64_t> CgroupMemoryBytes(const std::filesystem::path& root = "/");

// Threads that can compute at the same time: the CPUs that this process may be scheduled on, or the
// quota where that is lower, rounded down since more threads would be throttled together with
// gRPC's; at least 1.
unsigned UsableCpus(const std::filesystem::path& root = "/");

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CGROUP_H_

#include "server/cgroup.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace kernelserve::server {
namespace {

using ::std::filesystem::path;

std::optional<std::string> FirstLine(const path& file) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line)) return std::nullopt;
  return line;
}

std::optional<double> Number(absl::string_view text) {
  double number;
  if (!absl::SimpleAtod(text, &number)) return std::nullopt;  // "max"
  return number;
}

// This process's group in the hierarchy of a v1 `controller`, or of v2 where that is "".
std::optional<std::string> Group(const path& root, absl::string_view controller) {
  std::ifstream stream(root / "proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    // "4:cpu,cpuacct:/docker/0a1b" in v1, "0::/user.slice" in v2.
    const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    for (absl::string_view name : absl::StrSplit(fields[1], ',')) {
      if (name == controller) return fields[2];
    }
  }
  return std::nullopt;
}

// The lowest of what `read` finds in a group's directory and in those above it. Within a container
// the group's path may be the host's, of which only the upper end, or nothing but the mount
// itself, is there to see.
std::optional<double> LowestUpwards(
    const path& mount, const std::string& group,
    const std::function<std::optional<double>(const path& directory)>& read) {
  std::optional<double> lowest;
  path relative = path(group).relative_path();
  for (;;) {
    if (const std::optional<double> bound = read(mount / relative)) {
      lowest = lowest ? std::min(*lowest, *bound) : *bound;
    }
    if (relative.empty()) return lowest;
    relative = relative.parent_path();
  }
}

std::optional<double> CpusV2(const path& directory) {
  const std::optional<std::string> line = FirstLine(directory / "cpu.max");  // "150000 100000"
  if (!line) return std::nullopt;
  const std::vector<std::string> fields = absl::StrSplit(*line, ' ');
  if (fields.size() != 2) return std::nullopt;
  const std::optional<double> quota = Number(fields[0]), period = Number(fields[1]);
  if (!quota || !period || *period <= 0) return std::nullopt;
  return *quota / *period;
}

std::optional<double> CpusV1(const path& directory) {
  const auto quota_line = FirstLine(directory / "cpu.cfs_quota_us");  // -1: none
  const auto period_line = FirstLine(directory / "cpu.cfs_period_us");
  if (!quota_line || !period_line) return std::nullopt;
  const std::optional<double> quota = Number(*quota_line), period = Number(*period_line);
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

std::optional<double> NumberIn(const path& file) {
  const std::optional<std::string> line = FirstLine(file);
  return line ? Number(*line) : std::nullopt;
}

}  // namespace

std::optional<double> CgroupCpus(const path& root) {
  const path mount = root / "sys/fs/cgroup";
  if (const auto group = Group(root, "cpu")) {
    return LowestUpwards(mount / "cpu", *group, CpusV1);
  }
  if (const auto group = Group(root, "")) return LowestUpwards(mount, *group, CpusV2);
  return std::nullopt;
}

std::optional<uint64_t> CgroupMemoryBytes(const path& root) {
  const path mount = root / "sys/fs/cgroup";
  double bytes = 0x1p62;  // v1 says "none" by the greatest multiple of a page
  if (const auto group = Group(root, "memory")) {
    const auto read = [](const path& directory) {
      return NumberIn(directory / "memory.limit_in_bytes");
    };
    bytes = LowestUpwards(mount / "memory", *group, read).value_or(bytes);
  } else if (const auto unified = Group(root, "")) {
    const auto read = [](const path& directory) { return NumberIn(directory / "memory.max"); };
    bytes = LowestUpwards(mount, *unified, read).value_or(bytes);
  }
  if (bytes >= 0x1p62) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

unsigned UsableCpus(const path& root) {
  cpu_set_t affinity;
  int cpus = 1;
  if (sched_getaffinity(0, sizeof affinity, &affinity) == 0) cpus = CPU_COUNT(&affinity);
  if (const std::optional<double> quota = CgroupCpus(root); quota && *quota < cpus) {
    cpus = static_cast<int>(*quota);
  }
  return static_cast<unsigned>(std::max(cpus, 1));
}

}  // namespace kernelserve::server

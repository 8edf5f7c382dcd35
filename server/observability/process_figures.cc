#include "server/observability/process_figures.h"

#include <dirent.h>
#include <malloc.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace kernelserve::server {
namespace {

// The fields of /proc/self/stat from the third on (proc(5) counts from 1): what comes before is the
// program's name, in which anything may be.
std::vector<std::string> StatFields() {
  std::ifstream file("/proc/self/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  const size_t end_of_name = stat.rfind(')');
  if (end_of_name == stat.npos) return {};
  return absl::StrSplit(absl::string_view(stat).substr(end_of_name + 1), ' ', absl::SkipEmpty());
}

uint64_t OpenDescriptors() {
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  uint64_t entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries > 3 ? entries - 3 : 0;  // ".", "..", and the one that is looking
}

// Of all arenas. Counts what threads keep for themselves of freed memory as allocated.
uint64_t HeapBytes() {
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

double NowSeconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

ProcessFigures ReadProcessFigures() {
  ProcessFigures figures;
  figures.cpu_seconds = NowSeconds(CLOCK_PROCESS_CPUTIME_ID);
  figures.heap_bytes = HeapBytes();
  figures.open_descriptors = OpenDescriptors();
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.descriptors_max = limit.rlim_cur;

  const std::vector<std::string> fields = StatFields();
  const auto field = [&fields](size_t number) {  // as proc(5) counts
    uint64_t value = 0;
    const size_t index = number - 3;
    return index < fields.size() && absl::SimpleAtoi(fields[index], &value) ? value : 0;
  };
  figures.threads = field(20);
  figures.virtual_bytes = field(23);
  figures.resident_bytes = field(24) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const double since_boot =
      static_cast<double>(field(22)) / static_cast<double>(sysconf(_SC_CLK_TCK));
  figures.start_seconds = NowSeconds(CLOCK_REALTIME) - NowSeconds(CLOCK_BOOTTIME) + since_boot;
  return figures;
}

}  // namespace kernelserve::server

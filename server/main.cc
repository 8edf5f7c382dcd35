#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "server/cgroup.h"
#include "server/flags.h"
#include "server/healthcheck.h"
#include "server/log.h"
#include "server/parent_watch.h"
#include "server/ready.h"
#include "server/server.h"
#include "server/shutdown_signal.h"
#include "server/version.h"

namespace {

namespace ks = kernelserve::server;

// Exit codes.
constexpr int kOk = 0;
constexpr int kFailed = 1;  // did not start; as a probe: is not healthy
constexpr int kUsage = 64;  // EX_USAGE of sysexits.h

int Complain(int exit_code, const absl::Status& status) {
  std::fprintf(stderr, "kernelserve-server: %s\n", std::string(status.message()).c_str());
  return exit_code;
}

// What tasks take and give back within milliseconds stays mapped: the system would zero it, a page
// at a time, as often as it is taken. By default it is unmapped from 128 KiB on, or trimmed.
//
// What is free at the end of a heap stays, too, even where a resting server gives memory back. So
// there are twice as many heaps as threads that run at a time, not eight times as by default.
void KeepMemoryOfTasks(unsigned threads) {
  constexpr int kMappedBytesMin = 4 << 20;
  constexpr int kTrimmedBytesMin = 16 << 20;  // of what is free at the end of a heap
  mallopt(M_MMAP_THRESHOLD, kMappedBytesMin);
  mallopt(M_TRIM_THRESHOLD, kTrimmedBytesMin);
  mallopt(M_ARENA_MAX, static_cast<int>(2 * threads));
}

int Serve(const ks::ProcessOptions& options) {
  KeepMemoryOfTasks(std::max(options.server.workers, ks::UsableCpus()));
  ks::ShutdownSignal shutdown;
  ks::StartLogging(options.log_format, options.log_level);
  if (options.parent_pidfd >= 0) {
    if (absl::Status status = ks::CheckPidfd(options.parent_pidfd); !status.ok()) {
      return Complain(
          kFailed, absl::Status(status.code(), "--parent_pidfd: " + std::string(status.message())));
    }
  }

  absl::StatusOr<std::unique_ptr<ks::Server>> server = ks::Server::Start(options.server);
  if (!server.ok()) return Complain(kFailed, server.status());
  ks::Log(ks::LogLevel::kInfo, "serving",
          {{"version", ks::kVersion},
           {"pid", std::to_string(getpid())},
           {"addresses", absl::StrJoin((*server)->addresses(), ",")},
           {"metrics", (*server)->metrics_address()}});
  if (options.ready_fd >= 0) {
    ks::TellReady(options.ready_fd, ks::ReadyLine(ks::kVersion, getpid(), (*server)->addresses(),
                                                  (*server)->metrics_address()));
  }

  const std::string reason = shutdown.Wait(options.parent_pidfd);
  ks::Log(ks::LogLevel::kInfo, "draining", {{"reason", reason}});
  (*server)->Drain();
  ks::Log(ks::LogLevel::kInfo, "drained");
  // Not by return: gRPC's teardown waits ten seconds for connections that are still being closed,
  // and a kernel that the drain gave up on may run on in its worker.
  std::_Exit(kOk);
}

}  // namespace

int main(int argc, char** argv) {
  // Debian builds Abseil with its assertions, this one among them: gRPC's locks would cost a busy
  // server a twentieth of its time.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  signal(SIGPIPE, SIG_IGN);  // a log or a ready descriptor that nobody reads is no reason to end
  const absl::StatusOr<ks::ProcessOptions> options =
      ks::ParseFlags({argv + 1, static_cast<size_t>(argc > 0 ? argc - 1 : 0)});
  if (!options.ok()) return Complain(kUsage, options.status());
  if (options->help) return std::fputs(ks::FlagsHelp().c_str(), stdout) < 0 ? kFailed : kOk;
  if (options->version) return std::puts(ks::kVersion) < 0 ? kFailed : kOk;
  if (!options->healthcheck) return Serve(*options);
  const absl::Status health = ks::Healthcheck(options->healthcheck_address, options->server.tls);
  return health.ok() ? kOk : Complain(kFailed, health);
}

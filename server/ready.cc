#include "server/ready.h"

#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/log.h"

namespace kernelserve::server {

std::string ReadyLine(const std::string& version, int pid,
                      const std::vector<std::string>& addresses, const std::string& metrics) {
  const auto quoted = [](std::string* out, const std::string& address) {
    *out += JsonString(address);
  };
  return absl::StrCat("{\"version\":", JsonString(version), ",\"pid\":", pid, ",\"addresses\":[",
                      absl::StrJoin(addresses, ",", quoted), "]",
                      metrics.empty() ? "" : absl::StrCat(",\"metrics\":", JsonString(metrics)),
                      "}");
}

void TellReady(int fd, const std::string& line) {
  const std::string text = line + "\n";
  for (size_t written = 0; written < text.size();) {
    const ssize_t bytes = write(fd, text.data() + written, text.size() - written);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) break;
    written += static_cast<size_t>(bytes);
  }
  close(fd);
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_SECURITY_TOKENS_H_
#define KERNELSERVE_SERVER_SECURITY_TOKENS_H_

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kernelserve::server {

// The bearer tokens that a server takes, one a line of a file; empty lines and those that begin
// with # are left out. A token has kTokenBytesMin to kTokenBytesMax printable characters.
//
// The file is read again when it has changed, which is looked for once in kTokensCheckMs at most:
// a token is rotated by adding the new one, changing the clients, and taking the old one out. What
// cannot be read or understood leaves the tokens as they were, with a line in the log.
//
// A token is compared with all of them by digests, in the same time whatever it is; but the one
// that a thread took last is known again without: that tells its holder nothing, and others no more
// than how long it is. Thread-safe.
class Tokens {
 public:
  // An error names the path, and the line.
  static absl::StatusOr<std::unique_ptr<Tokens>> Load(const std::string& path);

  bool Accepts(absl::string_view token);

 private:
  using Digest = std::array<uint8_t, 32>;  // SHA-256
  using Digests = std::vector<Digest>;

  // What tells one state of the file from the next.
  struct Version {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;
    int64_t changed_ns = 0;
    bool operator==(const Version&) const = default;
  };

  explicit Tokens(std::string path) : path_(std::move(path)) {}

  static Digest DigestOf(absl::string_view token);
  static absl::StatusOr<Digests> Parse(absl::string_view text);
  Version CurrentVersion() const;
  absl::Status Read();
  void ReadIfChanged();

  bool Contains(absl::string_view token);

  const std::string path_;
  std::atomic<int64_t> next_check_ms_ = 0;
  // Which tokens these are, unlike any others in this process; changed under mutex_.
  std::atomic<uint64_t> generation_ = 0;
  std::mutex mutex_;
  Version version_;                         // guarded by mutex_
  std::shared_ptr<const Digests> digests_;  // guarded by mutex_
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SECURITY_TOKENS_H_

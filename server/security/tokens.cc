#include "server/security/tokens.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/limits.h"
#include "server/log.h"

namespace kernelserve::server {
namespace {

// The token that this thread took last, and of which tokens it was one. A digest takes a third of
// a microsecond, and most calls that a thread sees in a row are of one client.
struct Known {
  uint64_t generation = 0;
  std::string token;
};
thread_local Known t_known;

uint64_t NextGeneration() {
  static std::atomic<uint64_t> generation = 0;
  return 1 + generation.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tokens>> Tokens::Load(const std::string& path) {
  std::unique_ptr<Tokens> tokens(new Tokens(path));
  if (absl::Status status = tokens->Read(); !status.ok()) return status;
  return tokens;
}

Tokens::Digest Tokens::DigestOf(absl::string_view token) {
  // OpenSSL's one-shot functions look the algorithm up each time, which takes twice what it does.
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Digest digest{};
  if (EVP_Digest(token.data(), token.size(), digest.data(), nullptr, sha256, nullptr) != 1) {
    std::abort();  // rather than take any token for another
  }
  return digest;
}

absl::StatusOr<Tokens::Digests> Tokens::Parse(absl::string_view text) {
  Digests digests;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const auto fail = [number](absl::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, " ", why));
    };
    if (!std::all_of(line.begin(), line.end(), absl::ascii_isgraph)) {
      return fail("is no token: it has a character that is not printable ASCII, or a space");
    }
    if (line.size() < kTokenBytesMin || line.size() > kTokenBytesMax) {
      return fail(absl::StrCat("has a token of ", line.size(), " characters, expected ",
                               kTokenBytesMin, " to ", kTokenBytesMax));
    }
    if (digests.size() == kTokensMax) {
      return fail(absl::StrCat("has one more than ", kTokensMax, " tokens"));
    }
    digests.push_back(DigestOf(line));
  }
  if (digests.empty()) return absl::InvalidArgumentError("has no token");
  return digests;
}

Tokens::Version Tokens::CurrentVersion() const {
  struct stat status;
  if (stat(path_.c_str(), &status) != 0) return {};
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .changed_ns = status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
}

absl::Status Tokens::Read() {
  const auto named = [this](absl::StatusCode code, absl::string_view why) {
    return absl::Status(code, absl::StrCat(path_, ": ", why));
  };
  // Before the text: what changes in between is read the next time.
  const Version version = CurrentVersion();
  errno = 0;
  std::ifstream file(path_, std::ios::binary);
  std::string text(kTokenFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && !file.eof()) {
    return named(absl::StatusCode::kFailedPrecondition,
                 errno == 0 ? "cannot be read" : std::strerror(errno));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  absl::StatusOr<Digests> digests =
      text.size() > kTokenFileBytesMax
          ? absl::InvalidArgumentError(absl::StrCat("has over ", kTokenFileBytesMax, " bytes"))
          : Parse(text);
  OPENSSL_cleanse(text.data(), text.size());
  const std::lock_guard lock(mutex_);
  version_ = version;  // also where it is wrong: once is enough to say so
  if (!digests.ok()) return named(digests.status().code(), digests.status().message());
  digests_ = std::make_shared<const Digests>(*std::move(digests));
  generation_.store(NextGeneration(), std::memory_order_release);
  return absl::OkStatus();
}

void Tokens::ReadIfChanged() {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  int64_t next = next_check_ms_.load(std::memory_order_relaxed);
  if (now.count() < next || !next_check_ms_.compare_exchange_strong(
                                next, now.count() + kTokensCheckMs, std::memory_order_relaxed)) {
    return;
  }
  const Version version = CurrentVersion();
  {
    const std::lock_guard lock(mutex_);
    if (version == version_) return;
  }
  if (const absl::Status status = Read(); status.ok()) {
    LogSoon(LogLevel::kInfo, "tokens read again", {{"path", path_}});
  } else {
    LogSoon(LogLevel::kWarning, "tokens stay as they were", {{"reason", status.message()}});
  }
}

bool Tokens::Accepts(absl::string_view token) {
  ReadIfChanged();
  // Before the look at the tokens: of later ones it is not known.
  const uint64_t generation = generation_.load(std::memory_order_acquire);
  if (t_known.generation == generation && t_known.token.size() == token.size() &&
      CRYPTO_memcmp(t_known.token.data(), token.data(), token.size()) == 0) {
    return true;
  }
  if (!Contains(token)) return false;
  t_known = {generation, std::string(token)};
  return true;
}

bool Tokens::Contains(absl::string_view token) {
  std::shared_ptr<const Digests> digests;
  {
    const std::lock_guard lock(mutex_);
    digests = digests_;
  }
  const Digest given = DigestOf(token);
  int found = 0;
  for (const Digest& digest : *digests) {
    found |= static_cast<int>(CRYPTO_memcmp(digest.data(), given.data(), given.size()) == 0);
  }
  return found != 0;
}

}  // namespace kernelserve::server

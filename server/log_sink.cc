#include "server/log_sink.h"

#include <poll.h>
#include <spdlog/pattern_formatter.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "server/limits.h"

namespace kernelserve::server {
namespace {

// Writes what it can; returns how much. Waits where the descriptor does not.
size_t WriteTo(int descriptor, absl::string_view text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t bytes = write(descriptor, text.data() + written, text.size() - written);
    if (bytes >= 0) {
      written += static_cast<size_t>(bytes);
    } else if (errno == EAGAIN) {
      pollfd writable = {.fd = descriptor, .events = POLLOUT, .revents = 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return written;
}

}  // namespace

const uint64_t LogSink::kRoomBytes = kLogBufferBytes;

LogSink::LogSink(int descriptor)
    : descriptor_(descriptor),
      formatter_(std::make_unique<spdlog::pattern_formatter>()),
      thread_([this] { WriteInBatches(); }) {}

LogSink::~LogSink() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
  flush();
}

void LogSink::set_pattern(const std::string& pattern) {
  set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern));
}

void LogSink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  const std::lock_guard lock(mutex_);
  formatter_ = std::move(formatter);
}

void LogSink::log(const spdlog::details::log_msg& message) {
  bool wake;
  {
    const std::lock_guard lock(mutex_);
    line_.clear();
    formatter_->format(message, line_);
    const size_t before = waiting_.size();
    waiting_.append(line_.data(), line_.size());
    waiting_bytes_.fetch_add(line_.size(), std::memory_order_relaxed);
    wake = sleeps_ || (before < kLogBatchBytes && waiting_.size() >= kLogBatchBytes);
    sleeps_ = false;
  }
  if (wake) wake_.notify_one();
}

void LogSink::flush() {
  const std::lock_guard write_lock(write_mutex_);
  {
    const std::lock_guard lock(mutex_);
    writing_.swap(waiting_);
  }
  if (writing_.empty()) return;
  Write(writing_);
  waiting_bytes_.fetch_sub(writing_.size(), std::memory_order_relaxed);
  writing_.clear();
}

void LogSink::Write(absl::string_view text) {
  const absl::string_view lost = text.substr(WriteTo(descriptor_, text));
  if (!lost.empty()) Drop(static_cast<uint64_t>(std::count(lost.begin(), lost.end(), '\n')));
}

void LogSink::WriteInBatches() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    // Each time anew: what it is woken for may have been flushed.
    wake_.wait(lock, [this] {
      sleeps_ = !ending_ && waiting_.empty();
      return !sleeps_;
    });
    // More lines will come.
    wake_.wait_for(lock, std::chrono::milliseconds(kLogDelayMs),
                   [this] { return ending_ || waiting_.size() >= kLogBatchBytes; });
    lock.unlock();
    flush();
    lock.lock();
  }
}

void LogSink::WriteInSignalHandler() {
  std::unique_lock write_lock(write_mutex_, std::try_to_lock);
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (write_lock && lock) WriteTo(descriptor_, waiting_);
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_LOG_SINK_H_
#define KERNELSERVE_SERVER_LOG_SINK_H_

#include <spdlog/sinks/sink.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"

namespace kernelserve::server {

// Lines for a descriptor, written many at a time by a thread of the sink's: whoever logs pays for
// copying a line, not for a system call. A line is written at most kLogDelayMs after it came, or at
// once by flush(), always in the order in which they came.
//
// Where the reader of the descriptor is slow, lines wait; has_room() tells whether there should be
// more of them. Lines that nobody can read any more are counted as dropped.
//
// Thread-safe.
class LogSink final : public spdlog::sinks::sink {
 public:
  explicit LogSink(int descriptor);
  // Writes what waits.
  ~LogSink() override;

  void log(const spdlog::details::log_msg& message) override;
  // Returns once everything that had come before is written.
  void flush() override;
  void set_pattern(const std::string& pattern) override;
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;

  // False while kLogBufferBytes wait to be written.
  bool has_room() const { return waiting_bytes_.load(std::memory_order_relaxed) < kRoomBytes; }

  // Lines that were left out, or could not be written.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  void Drop(uint64_t lines = 1) { dropped_.fetch_add(lines, std::memory_order_relaxed); }

  // What waits, as well as can be, from a handler of a signal that ends the process: without
  // waiting for a lock, which the thread that was interrupted may have.
  void WriteInSignalHandler();

 private:
  static const uint64_t kRoomBytes;

  void WriteInBatches();
  void Write(absl::string_view text);

  const int descriptor_;
  std::atomic<uint64_t> dropped_ = 0;
  std::atomic<uint64_t> waiting_bytes_ = 0;  // of waiting_, and of what is being written

  std::mutex write_mutex_;  // held while writing; taken before mutex_
  std::string writing_;     // guarded by write_mutex_

  std::mutex mutex_;
  // The rest is guarded by mutex_.
  std::unique_ptr<spdlog::formatter> formatter_;
  spdlog::memory_buf_t line_;  // of the message that is being formatted
  std::string waiting_;
  bool sleeps_ = false;  // the thread, until a first line comes
  bool ending_ = false;
  std::condition_variable wake_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_LOG_SINK_H_

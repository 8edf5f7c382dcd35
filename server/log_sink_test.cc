#include "server/log_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "server/limits.h"
#include "spdlog/logger.h"

namespace kernelserve::server {
namespace {

// A logger into a pipe.
class LogSinkTest : public testing::Test {
 protected:
  LogSinkTest() {
    EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0);
    sink_ = std::make_shared<LogSink>(ends_[1]);
    logger_ = std::make_unique<spdlog::logger>("test", sink_);
    logger_->set_pattern("%v");
  }
  ~LogSinkTest() override {
    logger_.reset();
    sink_.reset();
    for (const int end : ends_) close(end);
  }

  // What is in the pipe now, or the next thing that comes.
  std::string ReadSome() const {
    std::string text(1 << 16, '\0');
    const ssize_t bytes = read(ends_[0], text.data(), text.size());
    text.resize(bytes > 0 ? static_cast<size_t>(bytes) : 0);
    return text;
  }
  std::string ReadLines(size_t lines) const {
    std::string text;
    while (lines > 0) {
      const std::string some = ReadSome();
      lines -= static_cast<size_t>(std::count(some.begin(), some.end(), '\n'));
      text += some;
    }
    return text;
  }
  bool HasText() const {
    pollfd readable = {.fd = ends_[0], .events = POLLIN, .revents = 0};
    return poll(&readable, 1, 0) == 1;
  }

  std::array<int, 2> ends_{};
  std::shared_ptr<LogSink> sink_;
  std::unique_ptr<spdlog::logger> logger_;
};

TEST_F(LogSinkTest, WritesALineByItself) {
  logger_->info("one");
  EXPECT_EQ(ReadLines(1), "one\n");
  logger_->info("two");
  EXPECT_EQ(ReadLines(1), "two\n");
}

TEST_F(LogSinkTest, HasWrittenAllWhenAFlushReturns) {
  logger_->info("one");
  logger_->info("two");
  sink_->flush();
  ASSERT_TRUE(HasText());
  EXPECT_EQ(ReadLines(2), "one\ntwo\n");
}

TEST_F(LogSinkTest, WritesALineByItselfThoughTheOneBeforeWasFlushed) {
  for (int i = 0; i < 20; ++i) {
    logger_->info("one");
    sink_->flush();
    logger_->info("two");
    EXPECT_EQ(ReadLines(2), "one\ntwo\n");
  }
}

TEST_F(LogSinkTest, WritesWhatWaitsAtItsEnd) {
  logger_->info("one");
  logger_.reset();
  sink_.reset();
  ASSERT_TRUE(HasText());
  EXPECT_EQ(ReadLines(1), "one\n");
}

TEST_F(LogSinkTest, WritesWhatWaitsInAHandlerOfASignal) {
  logger_->info("one");
  sink_->WriteInSignalHandler();
  EXPECT_EQ(ReadLines(1), "one\n");
}

TEST_F(LogSinkTest, KeepsTheLinesOfAThreadInOrderAndLosesNone) {
  constexpr size_t kThreads = 4;
  constexpr size_t kLines = 5'000;
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this, thread] {
      for (size_t line = 0; line < kLines; ++line) {
        logger_->info("{} {}", thread, line);
        if (line % 1'000 == 0) sink_->flush();
      }
    });
  }
  const std::string text = ReadLines(kThreads * kLines);
  for (std::thread& thread : threads) thread.join();
  std::array<size_t, kThreads> next{};
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const size_t thread = static_cast<size_t>(line[0] - '0');
    ASSERT_EQ(line, absl::StrCat(thread, " ", next.at(thread)++));
  }
  EXPECT_EQ(sink_->dropped(), 0u);
}

TEST_F(LogSinkTest, HasNoRoomWhileNobodyReads) {
  const std::string line(1'000, 'x');
  size_t lines = 0;
  for (; sink_->has_room(); ++lines) logger_->info(line);
  EXPECT_GE(lines, kLogBufferBytes / (line.size() + 1));
  EXPECT_EQ(ReadLines(lines).size(), lines * (line.size() + 1));
  sink_->flush();
  EXPECT_TRUE(sink_->has_room());
}

TEST_F(LogSinkTest, CountsLinesThatNobodyCanRead) {
  std::signal(SIGPIPE, SIG_IGN);  // as main has it
  close(ends_[0]);
  logger_->info("one");
  logger_->info("two");
  sink_->flush();
  EXPECT_EQ(sink_->dropped(), 2u);
  ends_[0] = dup(ends_[1]);
}

TEST_F(LogSinkTest, WaitsForADescriptorThatDoesNot) {
  ASSERT_EQ(fcntl(ends_[1], F_SETFL, O_NONBLOCK), 0);
  const std::string line(1'000, 'x');
  for (size_t i = 0; i < 1'000; ++i) logger_->info(line);
  EXPECT_EQ(ReadLines(1'000).size(), 1'001'000u);
  EXPECT_EQ(sink_->dropped(), 0u);
}

}  // namespace
}  // namespace kernelserve::server

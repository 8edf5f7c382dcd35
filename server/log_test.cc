#include "server/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

TEST(JsonStringTest, EscapesWhatJsonWantsEscaped) {
  EXPECT_EQ(JsonString(""), "\"\"");
  EXPECT_EQ(JsonString("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(JsonString("a\nb\tc\x01"), R"("a\nb\u0009c\u0001")");
  EXPECT_EQ(JsonString(absl::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(JsonString("é漢😀\x7f"), "\"é漢😀\x7f\"");
}

TEST(JsonStringTest, ReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(JsonString("a\xff"
                       "b"),
            "\"a\uFFFDb\"");
  EXPECT_EQ(JsonString("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");  // a surrogate
  EXPECT_EQ(JsonString("\xc3"), "\"\uFFFD\"");
}

TEST(FormatEventTest, WritesFieldsBehindTheMessage) {
  EXPECT_EQ(FormatEvent(LogFormat::kText, "serving", {{"a", "1"}, {"b", "two words"}, {"c", ""}}),
            R"(serving a=1 b="two words" c="")");
  EXPECT_EQ(FormatEvent(LogFormat::kJson, "serving", {{"a", "1"}, {"b", "\""}}),
            R"("message":"serving","a":"1","b":"\"")");
}

TEST(FormatEventTest, QuotesWhatATerminalWouldObey) {
  EXPECT_EQ(FormatEvent(LogFormat::kText, "x", {{"a", "\x1b[2J"}}), R"(x a="\u001b[2J")");
}

TEST(FormatEventTest, KeepsAnEventOnOneLine) {
  EXPECT_EQ(FormatEvent(LogFormat::kText, "x", {{"a", "1\n2"}}), R"(x a="1\n2")");
}

TEST(LogTest, WritesJsonLinesWithTimeAndLevelToStandardError) {
  testing::internal::CaptureStderr();
  StartLogging(LogFormat::kJson, LogLevel::kInfo);
  Log(LogLevel::kWarning, "event", {{"key", "value"}});
  Log(LogLevel::kDebug, "unseen");
  const std::string line = testing::internal::GetCapturedStderr();
  StartLogging(LogFormat::kText, LogLevel::kWarning);
  EXPECT_EQ(line.find("{\"time\":\"2"), 0u) << line;
  const std::string rest = line.substr(line.find("\",\"level\""));
  EXPECT_EQ(rest, "\",\"level\":\"warning\",\"message\":\"event\",\"key\":\"value\"}\n");
}

TEST(LogSoonTest, WritesLinesBeforeALaterEvent) {
  testing::internal::CaptureStderr();
  StartLogging(LogFormat::kText, LogLevel::kInfo);
  LogSoon(LogLevel::kInfo, "first", {});
  LogSoon(LogLevel::kDebug, "unseen", {});
  Log(LogLevel::kInfo, "second");
  const std::string lines = testing::internal::GetCapturedStderr();
  StartLogging(LogFormat::kText, LogLevel::kWarning);
  EXPECT_THAT(lines, testing::MatchesRegex(".* info first\n.* info second\n"));
}

TEST(LogSoonTest, LeavesOutAndCountsWhatTheReaderHasNoRoomFor) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const int standard_error = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  StartLogging(LogFormat::kText, LogLevel::kInfo);
  const std::string text(10'000, 'x');
  size_t logged = 0;
  for (; DroppedLogEvents() < 10; ++logged) LogSoon(LogLevel::kInfo, "event", {{"text", text}});
  std::thread other([&] {  // this sink ends, having written what waits
    StartLogging(LogFormat::kText, LogLevel::kWarning);
    dup2(standard_error, STDERR_FILENO);
    close(ends[1]);
  });
  size_t lines = 0;
  std::string some(1 << 16, '\0');
  for (ssize_t bytes = 1; bytes > 0;) {
    bytes = read(ends[0], some.data(), some.size());
    if (bytes > 0) lines += static_cast<size_t>(std::count(&some[0], &some[0] + bytes, '\n'));
  }
  other.join();
  close(ends[0]);
  close(standard_error);
  EXPECT_EQ(lines, logged - 10);
}

}  // namespace
}  // namespace kernelserve::server

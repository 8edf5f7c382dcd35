#include "server/log.h"

#include <string>

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

}  // namespace
}  // namespace kernelserve::server

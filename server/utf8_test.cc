#include "server/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

// Table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences": the bounds of each row.
TEST(Utf8SequenceBytesTest, AgreesWithTheUnicodeTable) {
  const auto bytes = [](const char* text) { return Utf8SequenceBytes(text); };
  EXPECT_EQ(bytes("\x7f"), 1u);
  EXPECT_EQ(bytes("\x80"), 0u);
  EXPECT_EQ(bytes("\xc1\xbf"), 0u);
  EXPECT_EQ(bytes("\xc2\x80"), 2u);
  EXPECT_EQ(bytes("\xdf\xbf"), 2u);
  EXPECT_EQ(bytes("\xe0\x9f\xbf"), 0u);
  EXPECT_EQ(bytes("\xe0\xa0\x80"), 3u);
  EXPECT_EQ(bytes("\xed\x9f\xbf"), 3u);
  EXPECT_EQ(bytes("\xed\xa0\x80"), 0u);
  EXPECT_EQ(bytes("\xee\x80\x80"), 3u);
  EXPECT_EQ(bytes("\xf0\x8f\xbf\xbf"), 0u);
  EXPECT_EQ(bytes("\xf0\x90\x80\x80"), 4u);
  EXPECT_EQ(bytes("\xf4\x8f\xbf\xbf"), 4u);
  EXPECT_EQ(bytes("\xf4\x90\x80\x80"), 0u);
  EXPECT_EQ(bytes("\xf5\x80\x80\x80"), 0u);
}

TEST(Utf8SequenceBytesTest, TakesNothingThatIsCutOff) {
  EXPECT_EQ(Utf8SequenceBytes(""), 0u);
  EXPECT_EQ(Utf8SequenceBytes("\xc3"), 0u);
  EXPECT_EQ(Utf8SequenceBytes("\xe2\x82"), 0u);
  EXPECT_EQ(Utf8SequenceBytes("\xf0\x9f\x98"), 0u);
  EXPECT_EQ(Utf8SequenceBytes(absl::string_view("\0", 1)), 1u);
}

}  // namespace
}  // namespace kernelserve::server

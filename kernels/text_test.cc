#include "kernels/text.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/utf8.h"

namespace kernelserve {
namespace {

using ::testing::ElementsAre;

std::vector<uint32_t> ToUnits(Text text) {
  std::vector<uint32_t> units;
  for (size_t i = 0; i < text.size(); ++i) units.push_back(text[i]);
  return units;
}

// Holds the decoder to the oracle on one input: validity, units, width and error offset.
void ExpectLikeReference(std::string_view utf8) {
  // In memory that ends with it, so that AddressSanitizer sees what is read beyond.
  const auto bytes = std::make_unique_for_overwrite<char[]>(utf8.size());
  std::copy(utf8.begin(), utf8.end(), bytes.get());
  Utf8Decoder decoder;
  Text text;
  size_t offset = 0;
  size_t expected_offset = 0;
  const bool valid = decoder.Decode({bytes.get(), utf8.size()}, &text, &offset);
  const auto expected = reference::DecodeUtf8(utf8, &expected_offset);
  ASSERT_EQ(valid, expected.has_value()) << testing::PrintToString(utf8);
  if (!valid) {
    ASSERT_EQ(offset, expected_offset) << testing::PrintToString(utf8);
    return;
  }
  ASSERT_EQ(ToUnits(text), *expected);
  uint32_t largest = 0;
  for (const uint32_t unit : *expected) largest = std::max(largest, unit);
  ASSERT_EQ(text.width(), largest > 0xFFFF ? 4 : largest > 0xFF ? 2 : 1);
}

TEST(TextTest, HoldsItsSizeAndWidthInItsSecondWord) {
  const std::vector<uint16_t> units = {1, 2, 3};
  EXPECT_EQ(Text(std::span<const uint16_t>(units)).SizeAndWidth(), 3 | uint64_t{2} << 32);
  EXPECT_EQ(Text().SizeAndWidth(), uint64_t{1} << 32);
}

TEST(Utf8DecoderTest, EveryCodePointComesBackInTheNarrowestWidth) {
  Utf8Decoder decoder;
  for (uint32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    const std::string utf8 = reference::EncodeUtf8(code_point);
    Text text;
    ASSERT_TRUE(decoder.Decode(utf8, &text)) << std::hex << code_point;
    ASSERT_EQ(text.size(), 1u) << std::hex << code_point;
    ASSERT_EQ(text[0], code_point);
    ASSERT_EQ(text.width(), code_point > 0xFFFF ? 4 : code_point > 0xFF ? 2 : 1);
  }
}

TEST(Utf8DecoderTest, EverySequenceOfTwoBytesIsLikeTheReference) {
  int valid = 0;
  for (int i = 0; i < 1 << 16; ++i) {
    const std::string bytes = {static_cast<char>(i >> 8), static_cast<char>(i)};
    ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(bytes));
    Utf8Decoder decoder;
    Text text;
    valid += decoder.Decode(bytes, &text);
  }
  // Counted by Python: how many of bytes([a, b]).decode("utf-8", "surrogatepass") raise nothing.
  EXPECT_EQ(valid, 18304);
}

TEST(Utf8DecoderTest, EverySequenceOfThreeBytesIsValidAsOftenAsInPython) {
  Utf8Decoder decoder;
  int valid = 0;
  char bytes[3];
  for (int i = 0; i < 1 << 24; ++i) {
    bytes[0] = static_cast<char>(i >> 16);
    bytes[1] = static_cast<char>(i >> 8);
    bytes[2] = static_cast<char>(i);
    Text text;
    valid += decoder.Decode(std::string_view(bytes, 3), &text);
  }
  EXPECT_EQ(valid, 2652160);
}

TEST(Utf8DecoderTest, EverySequenceOfFourBytesAtTheEdgesIsLikeTheReference) {
  const std::vector<int> edges = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                  0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
                                  0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF};
  for (const int a : edges) {
    for (const int b : edges) {
      for (const int c : edges) {
        for (const int d : edges) {
          const std::string bytes = {static_cast<char>(a), static_cast<char>(b),
                                     static_cast<char>(c), static_cast<char>(d)};
          ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(bytes));
        }
      }
    }
  }
}

// Offsets are UnicodeDecodeError.start of Python's bytes.decode("utf-8", "surrogatepass").
TEST(Utf8DecoderTest, AnInvalidSequenceIsFoundWhereItBegins) {
  struct Case {
    std::string_view bytes;
    size_t offset;
  };
  const std::vector<Case> cases = {
      {"\x80", 0},                          // a continuation byte alone
      {"a\xFF", 1},                         // never a byte of UTF-8
      {"ab\xC3", 2},                        // truncated after one of two
      {"ab\xE2\x82", 2},                    // after two of three
      {"ab\xF0\x9F\x98", 2},                // after three of four
      {"\xC3\xA9\xC3(", 2},                 // a second byte that isn't one
      {"\xC0\xAF", 0},                      // overlong '/'
      {"x\xE0\x80\xAF", 1},                 // overlong in three bytes
      {"xy\xF0\x80\x80\xAF", 2},            // overlong in four
      {"\xE4\xBD\xA0\xF4\x90\x80\x80", 3},  // U+110000
      {"\xED\xA0\x80\xED\xA0", 3},          // a surrogate, then a truncated one
  };
  for (const Case& test : cases) {
    Utf8Decoder decoder;
    Text text;
    size_t offset = 99;
    EXPECT_FALSE(decoder.Decode(test.bytes, &text, &offset)) << testing::PrintToString(test.bytes);
    EXPECT_EQ(offset, test.offset) << testing::PrintToString(test.bytes);
    EXPECT_FALSE(decoder.Decode(test.bytes, &text, nullptr));
  }
}

TEST(Utf8DecoderTest, SurrogatesAreUnitsAloneAndInPairs) {
  Utf8Decoder decoder;
  Text text;
  ASSERT_TRUE(decoder.Decode("\xED\xA0\xBD\xED\xB8\x80", &text));
  EXPECT_THAT(ToUnits(text), ElementsAre(0xD83D, 0xDE00));
  EXPECT_EQ(text.width(), 2);
}

TEST(Utf8DecoderTest, AsciiIsNotCopied) {
  const std::string ascii = "abc";
  Utf8Decoder decoder;
  Text text;
  ASSERT_TRUE(decoder.Decode(ascii, &text));
  EXPECT_EQ(text.data(), ascii.data());
  ASSERT_TRUE(decoder.Decode("", &text));
  EXPECT_TRUE(text.empty());
}

TEST(Utf8DecoderTest, RandomTextsOfAllLengthsAndScriptsAreLikeTheReference) {
  std::mt19937 random(20240501);
  const auto below = [&random](uint32_t bound) { return static_cast<uint32_t>(random() % bound); };
  for (int i = 0; i < 50000; ++i) {
    const uint32_t largest = std::vector<uint32_t>{0x7F, 0xFF, 0x7FF, 0xFFFF, 0x10FFFF}[below(5)];
    std::vector<uint32_t> code_points(below(i % 100 == 0 ? 500 : 40));
    // Mostly ASCII, as real text is, or hardly any.
    const uint32_t ascii_of_ten = below(11);
    for (uint32_t& c : code_points) c = below(10) < ascii_of_ten ? below(128) : below(largest + 1);
    std::string utf8 = reference::EncodeUtf8(code_points);
    ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(utf8));
    if (utf8.empty()) continue;
    utf8[below(static_cast<uint32_t>(utf8.size()))] = static_cast<char>(below(256));
    ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(utf8));
    utf8.resize(below(static_cast<uint32_t>(utf8.size())));
    ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(utf8));
  }
}

// What is all of one alphabet goes several code points at a time: every length around those steps,
// with each byte replaced by others of all kinds, and cut off everywhere.
TEST(Utf8DecoderTest, ASpoiltByteInTextsOfOneAlphabetIsFoundAtEveryPlace) {
  struct Alphabet {
    uint32_t first;
    uint32_t count;
  };
  std::mt19937 random(20240502);
  for (const Alphabet alphabet : {Alphabet{0x80, 0x780}, Alphabet{0x400, 0x100},
                                  Alphabet{0x800, 0xF800}, Alphabet{0x4E00, 0x5000}}) {
    for (size_t length = 1; length <= 40; ++length) {
      std::vector<uint32_t> code_points(length);
      for (uint32_t& c : code_points) c = alphabet.first + random() % alphabet.count;
      const std::string utf8 = reference::EncodeUtf8(code_points);
      ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(utf8));
      for (size_t at = 0; at < utf8.size(); ++at) {
        ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(utf8.substr(at)));
        ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(utf8.substr(0, at)));
        for (const int byte : {0x00, 0x41, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2,
                               0xD7, 0xDF, 0xE0, 0xE4, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF}) {
          std::string spoilt = utf8;
          spoilt[at] = static_cast<char>(byte);
          ASSERT_NO_FATAL_FAILURE(ExpectLikeReference(spoilt));
        }
      }
    }
  }
}

TEST(IsAsciiTest, FindsOneHighByteAnywhere) {
  for (size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\x7F');
    ASSERT_TRUE(IsAscii(bytes)) << size;
    for (size_t i = 0; i < size; ++i) {
      bytes[i] = '\x80';
      ASSERT_FALSE(IsAscii(bytes)) << i << " of " << size;
      bytes[i] = '\x7F';
    }
  }
}

TEST(IsAsciiTest, LooksAtNothingBeyondTheEnd) {
  const std::string bytes = std::string(80, 'a') + std::string(80, '\xFF');
  for (size_t size = 0; size <= 80; ++size) {
    ASSERT_TRUE(IsAscii(std::string_view(bytes).substr(80 - size, size)));
  }
}

TEST(TextTest, EqualityIsByValueAcrossWidths) {
  const std::vector<uint8_t> narrow = {97, 0, 255};
  const std::vector<uint16_t> middle = {97, 0, 255};
  const std::vector<uint32_t> wide = {97, 0, 255};
  const std::vector<Text> texts = {Text(std::span(narrow)), Text(std::span(middle)),
                                   Text(std::span(wide))};
  for (const Text a : texts) {
    for (const Text b : texts) EXPECT_TRUE(a == b) << a.width() << " and " << b.width();
  }
  // The low bytes agree; the values don't.
  const std::vector<uint16_t> other_middle = {97, 256, 255};
  const std::vector<uint32_t> other_wide = {97, 0x10000, 255};
  for (const Text a : texts) {
    EXPECT_FALSE(a == Text(std::span(other_middle)));
    EXPECT_FALSE(a == Text(std::span(other_wide)));
    EXPECT_FALSE(a == Text(std::span(narrow).first(2)));
  }
  const Text no_wide_units{std::span<const uint32_t>()};
  const Text no_units;
  EXPECT_TRUE(no_units == no_wide_units);
}

TEST(TextTest, BytesAreUnsigned) {
  EXPECT_EQ(Text("\xE9")[0], 0xE9u);
  EXPECT_EQ(Text("\xE9").width(), 1);
}

}  // namespace
}  // namespace kernelserve

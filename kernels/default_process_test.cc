#include "kernels/default_process.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::Units;

Units Processed(const Units& units) {
  const OwnedText owned(units);
  std::vector<uint32_t> memory(units.size());
  const Text text = DefaultProcess(owned.text(), memory.data());
  EXPECT_EQ(text.width(), owned.text().width());
  return text.Visit([](auto all) { return Units(all.begin(), all.end()); });
}

std::string Processed(std::string_view latin1) {
  std::string memory(latin1.size(), '\0');
  const Text text = DefaultProcess(Text(latin1), memory.data());
  return {static_cast<const char*>(text.data()), text.size()};
}

// Values of RapidFuzz 3.14's utils.default_process, as all in this file.
TEST(DefaultProcessTest, KnownTexts) {
  EXPECT_EQ(Processed("  New York METS!! 2-1 "), "new york mets   2 1");
  EXPECT_EQ(Processed("_a_B_"), "a b");
  EXPECT_EQ(Processed("?!"), "");
  EXPECT_EQ(Processed(""), "");
  EXPECT_EQ(Processed("\xC0\xD7\xDF\xA0"), "\xE0 \xDF");  // Latin-1: À, a sign, ß, a blank
  EXPECT_EQ(Processed(std::string_view("a\0b", 3)), "a b");
}

TEST(DefaultProcessTest, CharactersOfAnyWidth) {
  const Units greek = {0x3A3, 0x391, 0x2014, 0x3C2};
  EXPECT_EQ(Processed(greek), (Units{0x3C3, 0x3B1, ' ', 0x3C2}));
  EXPECT_EQ(Processed(Units{0x130}), (Units{'i'}));
  EXPECT_EQ(Processed(Units{0x1E9E, 0x212A, 0x178}), (Units{0xDF, 'k', 0xFF}));
  EXPECT_EQ(Processed(Units{0x65E5, 0x3000, 0xD55C, 0xD800}), (Units{0x65E5, ' ', 0xD55C}));
  EXPECT_EQ(Processed(Units{0x1F600, 0x10400, 0x10FFFF}), (Units{0x10428}));
  // New in Unicode 14.0.
  EXPECT_EQ(Processed(Units{0x2C2F, 'a'}), (Units{'a'}));
}

// The fingerprint is of RapidFuzz's results, from Python:
//
//   h = 0xCBF29CE484222325
//   for c in range(0x110000):
//       h = (h ^ ord(default_process(f"a{chr(c)}a")[1])) * 0x100000001B3 % 2**64
TEST(DefaultProcessTest, EveryCodePointBecomesWhatItBecomesInRapidFuzz) {
  uint64_t hash = 0xCBF29CE484222325;
  for (uint32_t c = 0; c < 0x110000; ++c) {
    const Units between = Processed(Units{'a', c, 'a'});
    ASSERT_EQ(between.size(), 3u) << c;
    hash = (hash ^ between[1]) * 0x100000001B3;
    // By itself, a space goes.
    const Units alone = Processed(Units{c});
    ASSERT_EQ(alone, between[1] == ' ' ? Units{} : Units{between[1]}) << c;
  }
  EXPECT_EQ(hash, 0xCE214FEA12562783);
}

}  // namespace
}  // namespace kernelserve

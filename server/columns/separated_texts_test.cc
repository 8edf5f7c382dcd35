#include "server/columns/separated_texts.h"

#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The texts that Split gives, in memory of the exact size.
std::optional<std::vector<std::string>> SplitAll(const std::string& separated, uint64_t texts) {
  const std::vector<uint8_t> from(separated.begin(), separated.end());
  if (!MayBeSeparated(from.size(), texts)) return std::nullopt;
  const size_t size = SplitBytes(from.size(), texts);
  std::vector<int32_t> memory((size + 3) / 4);
  SplitTexts split;
  if (!Split(from, texts, reinterpret_cast<uint8_t*>(memory.data()), &split)) return std::nullopt;
  std::vector<int32_t> offsets(split.offsets.size() / 4);
  std::memcpy(offsets.data(), split.offsets.data(), split.offsets.size());
  EXPECT_EQ(offsets.size(), texts + 1);
  EXPECT_EQ(offsets.front(), 0);
  EXPECT_EQ(static_cast<size_t>(offsets.back()), split.texts.size());
  std::vector<std::string> found;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    found.emplace_back(split.texts.begin() + offsets[i], split.texts.begin() + offsets[i + 1]);
  }
  return found;
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined = texts.front();
  for (size_t i = 1; i < texts.size(); ++i) joined += '\0' + texts[i];
  return joined;
}

TEST(SeparatedTextsTest, TextsAreWhatIsBetweenZeros) {
  const std::string some("abc\0\0de\0", 8);
  EXPECT_THAT(*SplitAll(some, 4), ElementsAre("abc", "", "de", ""));
  EXPECT_THAT(*SplitAll("", 1), ElementsAre(""));
  EXPECT_THAT(*SplitAll("one", 1), ElementsAre("one"));
  EXPECT_THAT(*SplitAll(std::string(2, '\0'), 3), ElementsAre("", "", ""));
  EXPECT_THAT(*SplitAll("", 0), IsEmpty());
}

TEST(SeparatedTextsTest, AnotherNumberOfTextsIsNoColumn) {
  const std::string some("abc\0\0de\0", 8);
  for (const uint64_t texts : {0u, 1u, 3u, 5u, 9u}) EXPECT_EQ(SplitAll(some, texts), std::nullopt);
  EXPECT_EQ(SplitAll("", 2), std::nullopt);
}

TEST(SeparatedTextsTest, MoreTextsThanBytesAreNotEvenTried) {
  EXPECT_TRUE(MayBeSeparated(9, 10));
  EXPECT_FALSE(MayBeSeparated(9, 11));
  EXPECT_FALSE(MayBeSeparated(9, UINT64_MAX));
  EXPECT_FALSE(MayBeSeparated(9, 0));
  EXPECT_FALSE(MayBeSeparated(size_t{1} << 31, 5)) << "offsets are int32";
}

TEST(SeparatedTextsTest, OfAnyLengthsAtAnyPlace) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> texts(1 + random() % 40);
    const size_t longest = random() % 2 == 0 ? 20 : 200;
    for (std::string& text : texts) {
      text.resize(random() % longest);
      for (char& unit : text) unit = static_cast<char>(1 + random() % 255);
    }
    EXPECT_EQ(SplitAll(Joined(texts), texts.size()), texts);
  }
}

}  // namespace
}  // namespace kernelserve::server

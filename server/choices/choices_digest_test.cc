#include "server/choices/choices_digest.h"

#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

Texts TextsOf(const std::vector<std::string>& words) {
  std::vector<Text> texts;
  for (const std::string& word : words) texts.emplace_back(std::string_view(word));
  return Texts(texts);
}

std::string Digest(const Texts& texts, Preprocessing preprocessing = Preprocessing::kNone) {
  return DigestOf(texts, preprocessing, {});
}

// By Python's hashlib, over two words for the preprocessing and the size, and for each text one of
// its size and width before its bytes:
// sha256(pack("<QQ", 0, 2) + pack("<Q", 2 << 8 | 1) + b"ab" + pack("<Q", 1 << 8 | 1) + b"c")
TEST(DigestOfTest, IsSha256OfTheTexts) {
  const std::vector<std::string> words = {"ab", "c"};
  EXPECT_EQ(absl::BytesToHexString(Digest(TextsOf(words))),
            "230292f0dbba5a4fd0922bc14a45d074e18085a3f71ff81dd7910f68725da7b9");
}

TEST(DigestOfTest, DiffersWhereTextsDoOrWhatWasDoneToThem) {
  const std::vector<uint16_t> wide = {'a', 'b'};
  const ColumnView nulls{.type = DataType::kNull, .length = 2};
  std::set<std::string> digests = {
      Digest(TextsOf({})),
      Digest(TextsOf({""})),
      Digest(TextsOf({"", ""})),
      Digest(*Texts::Read(nulls, "choices", RowErrorPolicy::kFail, {})),
      Digest(TextsOf({"ab"})),
      Digest(TextsOf({"ab"}), Preprocessing::kDefaultProcess),
      Digest(TextsOf({"a", "b"})),
      Digest(TextsOf({"b", "a"})),
      Digest(TextsOf({"", "ab"})),
      Digest(Texts({Text(std::span<const uint16_t>(wide))})),
      Digest(TextsOf({std::string(100'000, 'x')})),
      Digest(TextsOf({std::string(100'001, 'x')})),
      Digest(TextsOf(std::vector<std::string>(100'000, "x"))),
  };
  EXPECT_EQ(digests.size(), 13u);
}

TEST(DigestOfTest, EndsWhenItIsStopped) {
  const std::atomic<bool> stopped = true;
  EXPECT_EQ(DigestOf(TextsOf({"a"}), Preprocessing::kNone, StopToken(&stopped)).size(), 32u);
}

}  // namespace
}  // namespace kernelserve::server

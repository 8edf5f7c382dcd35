#include "server/columns/view_ranges.h"

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

using ::testing::ElementsAre;

MATCHER_P2(IsRange, begin, end, "") {
  return arg.begin == static_cast<uint64_t>(begin) && arg.end == static_cast<uint64_t>(end);
}

class Views {
 public:
  // Into a buffer, where `length` is over 12.
  void Add(int32_t length, int32_t buffer, int32_t offset) {
    const int32_t view[] = {length, -1, buffer, offset};
    const auto* const begin = reinterpret_cast<const uint8_t*>(view);
    bytes_.insert(bytes_.end(), begin, begin + sizeof view);
  }

  std::optional<std::vector<BufferRange>> Ranges(const std::vector<uint64_t>& sizes) const {
    return RangesOf(bytes_, sizes);
  }

  // The text of each in buffers of so many; "" for one that has its text itself.
  std::vector<std::string> Texts(const std::vector<std::string>& buffers) const {
    std::vector<std::string> texts;
    for (size_t at = 0; at < bytes_.size(); at += 16) {
      int32_t view[4];
      std::memcpy(view, bytes_.data() + at, sizeof view);
      const bool is_long = view[0] > 12;
      texts.push_back(is_long
                          ? buffers.at(static_cast<size_t>(view[2]))
                                .substr(static_cast<size_t>(view[3]), static_cast<size_t>(view[0]))
                          : "");
    }
    return texts;
  }

  std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

TEST(ViewRangesTest, AreFromTheFirstByteToTheLastOfEachBuffer) {
  Views views;
  views.Add(20, 2, 100);
  views.Add(13, 0, 7);
  views.Add(12, 0, 1'000'000);  // its own text
  views.Add(0, -1, -1);
  views.Add(50, 2, 60);
  views.Add(15, 2, 80);
  const auto ranges = views.Ranges({20, 30, 120});
  ASSERT_TRUE(ranges.has_value());
  EXPECT_THAT(*ranges, ElementsAre(IsRange(7, 20), IsRange(0, 0), IsRange(60, 120)));
}

TEST(ViewRangesTest, OfNoViewsAreEmpty) {
  const auto ranges = Views().Ranges({20, 30});
  ASSERT_TRUE(ranges.has_value());
  EXPECT_THAT(*ranges, ElementsAre(IsRange(0, 0), IsRange(0, 0)));
}

TEST(ViewRangesTest, ThereAreNoneWhereAViewPointsToWhatIsNotThere) {
  struct Case {
    int32_t length, buffer, offset;
  };
  for (const Case& wrong : {Case{13, 2, 0}, Case{13, -1, 0}, Case{13, 0, -1}, Case{13, 0, 8},
                            Case{-1, 0, 0}, Case{INT32_MAX, 0, INT32_MAX}}) {
    for (const size_t before : {size_t{0}, size_t{700}}) {
      Views views;
      for (size_t i = 0; i < before; ++i) views.Add(13, 0, 7);
      views.Add(wrong.length, wrong.buffer, wrong.offset);
      views.Add(13, 0, 7);
      EXPECT_FALSE(views.Ranges({20, 30}).has_value())
          << wrong.length << " " << wrong.buffer << " " << wrong.offset << " after " << before;
    }
  }
}

TEST(ViewRangesTest, TextsAreTheSameInTheRangesAlone) {
  std::mt19937 random(1);
  const auto below = [&random](size_t bound) { return static_cast<int32_t>(random() % bound); };
  std::vector<std::string> buffers(4, std::string(5'000, ' '));
  for (std::string& buffer : buffers) {
    for (char& byte : buffer) byte = static_cast<char>(random());
  }
  for (const size_t count : {1, 511, 512, 513, 2'000}) {
    Views views;
    for (size_t i = 0; i < count; ++i) views.Add(below(40), below(3), 1'000 + below(3'000));
    const std::vector<std::string> expected = views.Texts(buffers);
    const auto ranges = views.Ranges({5'000, 5'000, 5'000, 5'000});
    ASSERT_TRUE(ranges.has_value());
    PointIntoRanges(*ranges, views.bytes());
    std::vector<std::string> parts;
    for (size_t i = 0; i < buffers.size(); ++i) {
      parts.push_back(buffers[i].substr((*ranges)[i].begin, (*ranges)[i].size()));
      EXPECT_LT(parts.back().size(), 3'100u);
    }
    EXPECT_EQ(views.Texts(parts), expected) << count << " views";
  }
}

}  // namespace
}  // namespace kernelserve::server

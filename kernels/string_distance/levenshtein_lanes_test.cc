#include "kernels/string_distance/levenshtein_lanes.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

constexpr int64_t kAll = int64_t{1} << 40;

TEST(LevenshteinLanesTest, BlocksOfWordsAtEveryTarget) {
  const int targets = reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    RandomText random(3);
    for (int round = 0; round < 60; ++round) {
      // Up to three times as many as are sorted at once, the last ones a vector in part.
      const size_t rows = 1 + static_cast<size_t>(random.Below(300));
      std::vector<OwnedText> owned;
      owned.reserve(2 * rows);
      std::vector<Text> left;
      std::vector<Text> right;
      std::vector<int64_t> cutoffs;
      std::vector<int64_t> expected;
      for (size_t row = 0; row < rows; ++row) {
        const auto [a, b] = random.Pair(20);
        owned.emplace_back(a, reference::WidthOf(a));
        left.push_back(owned.back().text());
        owned.emplace_back(b, reference::WidthOf(b));
        right.push_back(owned.back().text());
        cutoffs.push_back(random.Below(2) == 0 ? kAll : random.Below(20));
        const bool taken = left.back().width() == 1 && right.back().width() == 1 &&
                           a.size() <= kLevenshteinLaneUnits && b.size() <= kLevenshteinLaneUnits;
        const int64_t distance =
            reference::WithCutoff(reference::LevenshteinDistance(a, b, 1, 1, 1), cutoffs.back());
        expected.push_back(taken ? distance : kLevenshteinLong);
      }
      std::vector<int64_t> out(rows);
      LevenshteinLanesBlock(left, right, {.each = cutoffs, .all = 0}, out);
      for (size_t row = 0; row < rows; ++row) {
        // A text of none is answered at any width, and where the other is longer; none at one
        // target, which has no lanes.
        const bool either = left[row].empty() || right[row].empty();
        if (out[row] == kLevenshteinLong && (either || std::string(target) == "SCALAR")) continue;
        if (either) {
          const auto longer = static_cast<int64_t>(std::max(left[row].size(), right[row].size()));
          ASSERT_EQ(out[row], reference::WithCutoff(longer, cutoffs[row])) << row;
          continue;
        }
        ASSERT_EQ(out[row], expected[row]) << row;
      }
    }
  });
  EXPECT_GE(targets, 1);
}

TEST(LevenshteinLanesTest, NothingIsReadBeyondThePageThatATextEndsOn) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char* const end = static_cast<char*>(memory) + page;
  ASSERT_EQ(mprotect(end, page, PROT_NONE), 0);
  std::memcpy(end - 16, "abcdefghijklmnop", 16);
  for (size_t size = 1; size <= 16; ++size) {
    const Text last(std::string_view(end - size, size));
    const std::vector<Text> left(40, last);
    const std::vector<Text> right(40, Text("abcdefghijklmnop"));
    std::vector<int64_t> out(40);
    LevenshteinLanesBlock(left, right, {.each = {}, .all = kAll}, out);
    for (const int64_t distance : out) EXPECT_EQ(distance, static_cast<int64_t>(16 - size));
  }
  munmap(memory, 2 * page);
}

}  // namespace
}  // namespace kernelserve

#include "kernels/string_distance/short_block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"
#include "kernels/string_distance/hamming.h"
#include "kernels/string_distance/score_cutoffs.h"

namespace kernelserve {
namespace {

using ::testing::Each;

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

int64_t Expected(const Units& left, const Units& right, int64_t cutoff) {
  const size_t shorter = std::min(left.size(), right.size());
  const size_t longer = std::max(left.size(), right.size());
  const bool decided = static_cast<int64_t>(longer - shorter) > cutoff || cutoff == 0;
  if (shorter > kTwoWordUnits && !decided) return kNotShort;
  return reference::WithCutoff(reference::LevenshteinDistance(left, right), cutoff);
}

TEST(LevenshteinShortBlockTest, BlocksOfEveryLengthAndWidthAtEveryTarget) {
  const int targets = reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    RandomText random(3);
    for (int round = 0; round < 40; ++round) {
      // Up to more than are sorted at once; of words, or of any size up to over two words' bits.
      const size_t pairs = 1 + random.Below(round % 10 == 0 ? 1500 : 300);
      const size_t size_max = std::vector<size_t>{8, 16, 20, 70, 140}[round % 5];
      std::vector<Units> left_units;
      std::vector<Units> right_units;
      std::vector<OwnedText> owned;
      std::vector<Text> left;
      std::vector<Text> right;
      std::vector<int64_t> cutoffs;
      owned.reserve(2 * pairs);
      for (size_t i = 0; i < pairs; ++i) {
        const auto [a, b] = random.Pair(size_max);
        // At times wider than need be.
        const int a_width = std::max(reference::WidthOf(a), 1 << random.Below(3));
        owned.emplace_back(a, random.Below(4) == 0 ? a_width : reference::WidthOf(a));
        left.push_back(owned.back().text());
        owned.emplace_back(b);
        right.push_back(owned.back().text());
        cutoffs.push_back(random.Below(2) == 0 ? kNoCutoff : random.Below(20));
        left_units.push_back(a);
        right_units.push_back(b);
      }
      std::vector<int64_t> out(pairs);
      LevenshteinShortBlock(TextColumn(left), right, {.each = cutoffs, .all = 0}, out, {});
      for (size_t i = 0; i < pairs; ++i) {
        ASSERT_EQ(out[i], Expected(left_units[i], right_units[i], cutoffs[i])) << "pair " << i;
      }
      LevenshteinShortBlock(TextColumn(&left[0]), right, {.each = {}, .all = 7}, out, {});
      for (size_t i = 0; i < pairs; ++i) {
        ASSERT_EQ(out[i], Expected(left_units[0], right_units[i], 7)) << "choice " << i;
      }
    }
  });
  EXPECT_GE(targets, 1);
}

// Memory whose last byte is followed by a page that can't be read.
class GuardedMemory {
 public:
  GuardedMemory() {
    memory_ = mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ != MAP_FAILED) mprotect(end(), page_, PROT_NONE);
  }
  ~GuardedMemory() { munmap(memory_, 2 * page_); }

  uint8_t* end() const { return static_cast<uint8_t*>(memory_) + page_; }

 private:
  const size_t page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory_;
};

template <typename Unit>
void ExpectNothingReadBeyondTheEnd() {
  const GuardedMemory memory;
  const Units alphabet = {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};
  for (size_t size = 1; size <= kShortUnits; ++size) {
    std::vector<Unit> units(size);
    for (size_t i = 0; i < size; ++i) units[i] = static_cast<Unit>(alphabet[i % alphabet.size()]);
    auto* const begin = reinterpret_cast<Unit*>(memory.end()) - size;
    std::memcpy(begin, units.data(), size * sizeof(Unit));
    const Text last(std::span<const Unit>(begin, size));
    const std::vector<Unit> longest(kShortUnits, static_cast<Unit>('z'));
    const std::vector<Text> left(40, last);
    // As the text of a long pattern, and as the pattern of a short text.
    for (const size_t other_size : {kShortUnits, size_t{1}}) {
      const Text other(std::span<const Unit>(longest).first(other_size));
      const std::vector<Text> right(40, other);
      for (const size_t pairs : {1, 40}) {
        std::vector<int64_t> out(pairs);
        LevenshteinShortBlock(TextColumn(left), std::span(right).first(pairs),
                              {.each = {}, .all = kNoCutoff}, out, {});
        ASSERT_THAT(out, Each(static_cast<int64_t>(std::max(size, other_size))));
        HammingBlock(TextColumn(left), std::span(right).first(pairs),
                     {.each = {}, .all = kNoCutoff}, out, {});
        ASSERT_THAT(out, Each(static_cast<int64_t>(std::max(size, other_size))));
      }
    }
  }
}

TEST(LevenshteinShortBlockTest, NothingIsReadBeyondThePageThatATextEndsOn) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    ASSERT_NO_FATAL_FAILURE(ExpectNothingReadBeyondTheEnd<uint8_t>());
    ASSERT_NO_FATAL_FAILURE(ExpectNothingReadBeyondTheEnd<uint16_t>());
    ASSERT_NO_FATAL_FAILURE(ExpectNothingReadBeyondTheEnd<uint32_t>());
  });
}

}  // namespace
}  // namespace kernelserve

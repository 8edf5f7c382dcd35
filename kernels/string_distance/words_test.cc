#include "kernels/string_distance/words.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::Units;
using ::testing::ElementsAreArray;

// Python 3: [c for c in range(0x110000) if chr(c).isspace()].
const Units kPythonsSpaces = {0x09,   0x0a,   0x0b,   0x0c,   0x0d,   0x1c,   0x1d,   0x1e,
                              0x1f,   0x20,   0x85,   0xa0,   0x1680, 0x2000, 0x2001, 0x2002,
                              0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a,
                              0x2028, 0x2029, 0x202f, 0x205f, 0x3000};

bool IsSpace(uint32_t unit) {
  return std::find(kPythonsSpaces.begin(), kPythonsSpaces.end(), unit) != kPythonsSpaces.end();
}

std::vector<Units> Split(const Units& units, int width) {
  const OwnedText owned(units, width);
  std::vector<Word> words = {{0, Text("left over from before")}};
  SplitWords(owned.text(), &words);
  std::vector<Units> split;
  for (const Word& word : words) {
    Units& copy = split.emplace_back();
    for (size_t i = 0; i < word.text.size(); ++i) copy.push_back(word.text[i]);
  }
  return split;
}

std::vector<Units> SplitOneByOne(const Units& units) {
  std::vector<Units> words;
  Units word;
  for (size_t i = 0; i <= units.size(); ++i) {
    if (i < units.size() && !IsSpace(units[i])) {
      word.push_back(units[i]);
    } else if (!word.empty()) {
      words.push_back(word);
      word.clear();
    }
  }
  return words;
}

TEST(WordsTest, SpacesArePythonsInEveryWidthAtEveryTarget) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    for (const int width : {1, 2, 4}) {
      const uint32_t end = width == 1 ? 0x100 : width == 2 ? 0x10000 : 0x110000;
      Units units;
      for (uint32_t unit = 0; unit < end; ++unit) units.push_back(unit);
      ASSERT_THAT(Split(units, width), ElementsAreArray(SplitOneByOne(units))) << width;
    }
  });
}

TEST(WordsTest, WordsOfEverySizeEndWhereTheyShould) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    reference::RandomText random(5);
    for (int i = 0; i < 2000; ++i) {
      Units units(random.Below(70));
      for (uint32_t& unit : units) {
        unit = random.Below(6) == 0 ? kPythonsSpaces[random.Below(12)] : 'a' + random.Below(3);
      }
      const int width = 1 << random.Below(3);
      ASSERT_THAT(Split(units, width), ElementsAreArray(SplitOneByOne(units))) << i;
    }
  });
}

}  // namespace
}  // namespace kernelserve

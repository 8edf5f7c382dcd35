#include "kernels/string_distance/long_distance.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"
#include "kernels/string_distance/score_cutoffs.h"

namespace kernelserve {
namespace {

using Metric = LongDistance::Metric;
using reference::OwnedText;
using reference::RandomText;
using reference::Units;

constexpr Metric kMetrics[] = {Metric::kLevenshtein, Metric::kOsa, Metric::kIndel};

int64_t Oracle(Metric metric, const Units& left, const Units& right) {
  switch (metric) {
    case Metric::kLevenshtein:
      return reference::LevenshteinDistance(left, right, 1, 1, 1);
    case Metric::kOsa:
      return reference::OsaDistance(left, right);
    case Metric::kIndel:
      return reference::IndelDistance(left, right);
  }
  return -1;
}

// At every cutoff around the distance, from a hint far off and from none.
void ExpectLikeOracle(Metric metric, const Units& left, const Units& right, int64_t distance,
                      RandomText* random) {
  const OwnedText narrow(left);
  // At times wider than need be.
  const OwnedText other(right, std::max(reference::WidthOf(right), 1 << random->Below(3)));
  LongDistance compare(metric, {});
  for (const int64_t cutoff : {kNoCutoff, distance + 1, distance, distance - 1, distance / 2,
                               int64_t{random->Below(70)}}) {
    if (cutoff < 0) continue;
    for (const int64_t hint : {LongDistance::kNoHint, int64_t{random->Below(300)}}) {
      ASSERT_EQ(compare.Of(narrow.text(), other.text(), cutoff, hint),
                reference::WithCutoff(distance, cutoff))
          << "metric " << static_cast<int>(metric) << ", sizes " << left.size() << " and "
          << right.size() << ", distance " << distance << ", cutoff " << cutoff << ", hint "
          << hint;
    }
  }
}

void ExpectLikeOracleAtEveryTarget(Metric metric, const Units& left, const Units& right,
                                   RandomText* random) {
  const int64_t distance = Oracle(metric, left, right);
  const int targets = reference::ForEachSimdTarget([&](const char* target) {
    SCOPED_TRACE(target);
    ExpectLikeOracle(metric, left, right, distance, random);
  });
  EXPECT_GE(targets, 1);
}

TEST(LongDistanceTest, SizesAroundWordsAndStripesAtEveryTarget) {
  RandomText random(23);
  for (const size_t m : {1, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 577}) {
    for (const size_t n : {m, m + 1, m + 2 + random.Below(200)}) {
      for (const Metric metric : kMetrics) {
        const Units left = random.Make(m);
        Units right = random.Below(3) == 0 ? random.Make(n) : random.Edit(left, m / 16);
        right.resize(n, 'a');
        ASSERT_NO_FATAL_FAILURE(ExpectLikeOracleAtEveryTarget(metric, left, right, &random));
      }
    }
  }
}

TEST(LongDistanceTest, BandsOfManyStripesAtEveryTarget) {
  RandomText random(29);
  for (const size_t m : {700, 1023, 1024, 1025, 1600}) {
    for (const size_t edits : {1, 20, 80, 300}) {
      const Units left = random.Make(m);
      const Units right = random.Edit(left, edits);
      for (const Metric metric : kMetrics) {
        ASSERT_NO_FATAL_FAILURE(ExpectLikeOracleAtEveryTarget(metric, left, right, &random));
      }
    }
  }
}

// Between stripes, what is transposed lies in both.
TEST(LongDistanceTest, UnitsSwappedAtEveryPlaceAreOneEdit) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    LongDistance compare(Metric::kOsa, {});
    for (size_t before = 0; before < 1030; ++before) {
      const std::string front(before, 'a');
      const std::string back(1030 - before, 'b');
      const std::string left = front + "xy" + back;
      const std::string right = front + "yx" + back;
      for (const int64_t cutoff : {kNoCutoff, int64_t{1}}) {
        ASSERT_EQ(compare.Of(Text(left), Text(right), cutoff), 1) << before;
      }
      ASSERT_EQ(compare.Of(Text(left), Text(right + "cccc"), 5), 5) << before;
      ASSERT_EQ(compare.Of(Text(left), Text("cccc" + right), 5), 5) << before;
    }
  });
}

// A path along the band's edge, where nothing else is within the cutoff.
TEST(LongDistanceTest, TextsThatOnlyGainUnitsAreFoundAtTheTightestCutoff) {
  RandomText random(31);
  for (int i = 0; i < 60; ++i) {
    const Units left = random.Make(300 + random.Below(1500));
    Units right = left;
    const size_t gained = 1 + random.Below(300);
    // All at one place, or everywhere.
    const size_t place = random.Below(right.size());
    for (size_t j = 0; j < gained; ++j) {
      const size_t at = i % 2 == 0 ? place : random.Below(right.size());
      right.insert(right.begin() + at, 0x110000 + j);
    }
    const auto distance = static_cast<int64_t>(gained);
    const OwnedText a(left);
    const OwnedText b(right);
    for (const Metric metric : kMetrics) {
      LongDistance compare(metric, {});
      EXPECT_EQ(compare.Of(a.text(), b.text(), distance), distance);
      EXPECT_EQ(compare.Of(b.text(), a.text(), distance), distance);
      EXPECT_EQ(compare.Of(a.text(), b.text(), distance - 1), distance);
      EXPECT_EQ(compare.Of(a.text(), b.text(), kNoCutoff), distance);
    }
  }
}

TEST(LongDistanceTest, OneObjectComparesTextsOfEverySizeAndWidth) {
  RandomText random(37);
  for (const Metric metric : kMetrics) {
    LongDistance compare(metric, {});
    for (int i = 0; i < 200; ++i) {
      auto [left, right] = random.Pair(i % 10 == 0 ? 900 : 200);
      if (left.empty() || right.empty()) continue;
      const OwnedText a(left);
      const OwnedText b(right);
      ASSERT_EQ(compare.Of(a.text(), b.text(), kNoCutoff), Oracle(metric, left, right)) << i;
    }
  }
}

// Each would take minutes to the end.
TEST(LongDistanceTest, ReturnsEarlyOnceStopped) {
  const std::atomic<bool> stopped = true;
  const std::string left(8'000'000, 'a');
  const std::string right(8'000'000, 'b');
  for (const Metric metric : kMetrics) {
    LongDistance(metric, StopToken(&stopped)).Of(Text(left), Text(right), kNoCutoff);
  }
}

}  // namespace
}  // namespace kernelserve

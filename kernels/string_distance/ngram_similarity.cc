#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/ngram_similarity.cc"
#include "kernels/string_distance/ngram_similarity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "absl/base/attributes.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/step_poll.h"

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_SIMILARITY_CC_ONCE
#define KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_SIMILARITY_CC_ONCE
namespace kernelserve::ngram_internal {

// How many grams each have, and in common: each counted once.
struct Counts {
  size_t left = 0;
  size_t right = 0;
  size_t common = 0;
};

inline double Similarity(const Counts& counts, NgramCoefficient coefficient) {
  const auto common = static_cast<double>(counts.common);
  const auto left = static_cast<double>(counts.left);
  const auto right = static_cast<double>(counts.right);
  switch (coefficient) {
    case NgramCoefficient::kJaccard:
      return common / (left + right - common);
    case NgramCoefficient::kSorensenDice:
      return 2 * common / (left + right);
    case NgramCoefficient::kCosine:
      break;
  }
  return common / std::sqrt(left * right);
}

// Texts of more grams than this are sorted.
constexpr size_t kShortGrams = 128;

inline size_t GramCount(Text text, size_t n) { return text.size() + 1 - n; }
inline size_t UnitBits(Text left, Text right) {
  return 8 * static_cast<size_t>(std::max(left.width(), right.width()));
}

// The text's grams as numbers, units of `unit_bits` bits one after the other.
template <class Key>
ABSL_ATTRIBUTE_NOINLINE void Pack(Text text, size_t n, size_t unit_bits, Key* keys) {
  const size_t count = GramCount(text, n);
  text.Visit([&](auto units) {
    std::copy_n(units.data(), count, keys);
    for (size_t place = 1; place < n; ++place) {
      for (size_t i = 0; i < count; ++i) {
        keys[i] = static_cast<Key>((keys[i] << unit_bits) | units[i + place]);
      }
    }
  });
}

// Grams of any size, of texts of any size: their keys are sorted. Holds memory for the next pair.
class LongGrams {
 public:
  explicit LongGrams(StopToken stop) : poll_(stop), stop_(stop) {}

  // Each text has n units at least.
  Counts Count(Text left, Text right, size_t n) {
    const size_t unit_bits = UnitBits(left, right);
    size_t packed = std::min(n, 64 / unit_bits);
    Keys(left, packed, unit_bits, &left_);
    Keys(right, packed, unit_bits, &right_);
    // A gram that is longer than a key is two shorter ones, each a number by itself: Karp, Miller
    // and Rosenberg, "Rapid identification of repeated patterns in strings, trees and arrays" 1972.
    while (packed < n && !stop_.stopped()) {
      const size_t step = std::min(packed, n - packed);
      Number();
      Join(step, &left_);
      Join(step, &right_);
      packed += step;
    }
    Distinct(&left_);
    Distinct(&right_);
    return {left_.size(), right_.size(), CommonOfSorted()};
  }

 private:
  static void Keys(Text text, size_t n, size_t unit_bits, std::vector<uint64_t>* keys) {
    keys->resize(GramCount(text, n));
    Pack(text, n, unit_bits, keys->data());
  }

  // Keys become their places among all keys.
  void Number() {
    all_ = left_;
    all_.insert(all_.end(), right_.begin(), right_.end());
    Distinct(&all_);
    for (std::vector<uint64_t>* keys : {&left_, &right_}) {
      for (uint64_t& key : *keys) {
        if (poll_.Stopped(kSearchSteps)) return;
        key = static_cast<uint64_t>(std::lower_bound(all_.begin(), all_.end(), key) - all_.begin());
      }
    }
  }

  // Each gram with the one that begins `step` units later.
  static void Join(size_t step, std::vector<uint64_t>* keys) {
    keys->resize(keys->size() - step);
    for (size_t i = 0; i < keys->size(); ++i) {
      (*keys)[i] = ((*keys)[i] << 32) | keys->data()[i + step];
    }
  }

  void Distinct(std::vector<uint64_t>* keys) {
    Sort(keys);
    keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
  }

  // By one byte after the other, from the lowest on.
  void Sort(std::vector<uint64_t>* keys) {
    if (keys->size() < kRadixSize) return std::sort(keys->begin(), keys->end());
    uint64_t differing = 0;
    for (const uint64_t key : *keys) differing |= key ^ keys->front();
    sorted_.resize(keys->size());
    for (size_t shift = 0; shift < 64; shift += 8) {
      if (((differing >> shift) & 0xff) == 0) continue;
      std::array<size_t, 256> ends{};
      for (const uint64_t key : *keys) {
        if (poll_.Stopped(1)) return;
        ++ends[(key >> shift) & 0xff];
      }
      for (size_t byte = 1; byte < ends.size(); ++byte) ends[byte] += ends[byte - 1];
      for (size_t i = keys->size(); i-- > 0;) {
        if (poll_.Stopped(1)) return;
        sorted_[--ends[((*keys)[i] >> shift) & 0xff]] = (*keys)[i];
      }
      keys->swap(sorted_);
    }
  }

  size_t CommonOfSorted() const {
    size_t common = 0;
    for (size_t i = 0, j = 0; i < left_.size() && j < right_.size();) {
      const uint64_t a = left_[i];
      const uint64_t b = right_[j];
      common += a == b;
      i += a <= b;
      j += b <= a;
    }
    return common;
  }

  static constexpr size_t kRadixSize = 256;   // what the counters of a byte take is then little
  static constexpr size_t kSearchSteps = 16;  // a search takes as long as so many steps

  StepPoll poll_;
  StopToken stop_;
  std::vector<uint64_t> left_;
  std::vector<uint64_t> right_;
  std::vector<uint64_t> all_;
  std::vector<uint64_t> sorted_;
};

}  // namespace kernelserve::ngram_internal
#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_NGRAM_SIMILARITY_CC_ONCE

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace ngram = ngram_internal;

// Up to kShortGrams grams of each text, every one of left's compared with a vector of right's.
template <class Key>
class ShortGrams {
 public:
  ngram::Counts Count(Text left, Text right, size_t n, size_t unit_bits) {
    // A repeated text, and one that many rows have, is looked at once.
    if (left.data() != left_.data() || left.size() != left_.size() || unit_bits != unit_bits_) {
      left_ = left;
      unit_bits_ = unit_bits;
      ngram::Pack(left, n, unit_bits, left_keys_);
      left_distinct_ = Scan(left_keys_, ngram::GramCount(left, n), nullptr, 0).left;
    }
    ngram::Pack(right, n, unit_bits, right_keys_);
    const ngram::Counts scanned =
        Scan(right_keys_, ngram::GramCount(right, n), left_keys_, ngram::GramCount(left, n));
    return {left_distinct_, scanned.left, scanned.common};
  }

 private:
  using D = hn::ScalableTag<Key>;

  // How many of `keys` differ, and how many of these are among `others`.
  static HWY_INLINE ngram::Counts Scan(const Key* keys, size_t count, const Key* others,
                                       size_t other_count) {
    const D d;
    const size_t lanes = hn::Lanes(d);
    ngram::Counts counts;
    for (size_t first = 0; first < count; first += lanes) {
      const auto own = hn::Load(d, keys + first);
      const size_t end = std::min(count - first, lanes);
      auto again = AnyOf(own, keys, first);
      for (size_t i = 0; i + 1 < end; ++i) {
        const auto before = hn::FirstN(d, i + 1);
        again = hn::Or(again, hn::AndNot(before, hn::Eq(own, hn::Set(d, keys[first + i]))));
      }
      const auto distinct = hn::AndNot(again, hn::FirstN(d, end));
      counts.left += hn::CountTrue(d, distinct);
      counts.common += hn::CountTrue(d, hn::And(distinct, AnyOf(own, others, other_count)));
    }
    return counts;
  }

  template <class V>
  static HWY_INLINE auto AnyOf(V own, const Key* keys, size_t count) {
    const D d;
    auto any = hn::FirstN(d, 0);
    for (size_t i = 0; i < count; ++i) any = hn::Or(any, hn::Eq(own, hn::Set(d, keys[i])));
    return any;
  }

  Text left_;
  size_t unit_bits_ = 0;
  size_t left_distinct_ = 0;
  // A whole number of vectors.
  HWY_ALIGN Key left_keys_[ngram::kShortGrams];
  HWY_ALIGN Key right_keys_[ngram::kShortGrams] = {};
};

void NgramPairs(TextColumn left, std::span<const Text> right, size_t n,
                NgramCoefficient coefficient, std::span<double> out, StopToken stop) {
  ShortGrams<uint16_t> narrow;
  ShortGrams<uint32_t> middle;
  ShortGrams<uint64_t> wide;
  ngram::LongGrams longer(stop);
  for (size_t i = 0; i < out.size(); ++i) {
    const Text a = left[i];
    const Text b = right[i];
    if (a.size() < n || b.size() < n) {
      out[i] = a == b ? 1 : 0;
      continue;
    }
    const size_t unit_bits = ngram::UnitBits(a, b);
    const size_t longest = ngram::GramCount(a.size() > b.size() ? a : b, n);
    ngram::Counts counts;
    if (longest > ngram::kShortGrams || n > 64 / unit_bits) {
      if (stop.stopped()) return;
      counts = longer.Count(a, b, n);
    } else if (n <= 16 / unit_bits) {
      counts = narrow.Count(a, b, n, unit_bits);
    } else if (n <= 32 / unit_bits) {
      counts = middle.Count(a, b, n, unit_bits);
    } else {
      counts = wide.Count(a, b, n, unit_bits);
    }
    out[i] = ngram::Similarity(counts, coefficient);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(NgramPairs);

void NgramBlock(TextColumn left, std::span<const Text> right, size_t n,
                NgramCoefficient coefficient, std::span<double> out, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(NgramPairs)(left, right, n, coefficient, out, stop);
}

// Fitted to ngram_similarity_benchmark.cc.
double NgramCostNs(size_t left_size, size_t right_size, size_t n) {
  constexpr double kPairNs = 15;
  constexpr double kUnitNs = 2;
  constexpr double kSortedUnitNs = 25;
  constexpr double kJoinedUnitNs = 30;
  const auto units = static_cast<double>(left_size + right_size);
  if (n > 8) return kPairNs + units * kJoinedUnitNs * std::log2(static_cast<double>(n));
  return kPairNs + units * (units <= 2 * ngram_internal::kShortGrams ? kUnitNs : kSortedUnitNs);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

#include "kernels/string_distance/partial_ratio.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/short_block.h"

namespace kernelserve {
namespace {

// Which units a text has, by their six low bits: one that it has not may seem to be there.
class UnitFilter {
 public:
  explicit UnitFilter(Text text) {
    text.Visit([this](auto units) {
      for (const auto unit : units) bits_ |= uint64_t{1} << (unit % 64);
    });
  }
  bool MayHave(uint32_t unit) const { return bits_ >> (unit % 64) & 1; }

 private:
  uint64_t bits_ = 0;
};

// Calls part(begin, size) for the parts of `longer` that may be the best against `shorter`. One
// that ends (at the beginning and inside) or begins (at the end) with a unit which the shorter text
// does not have is no better than that without it, or than the part one place before.
template <typename Units, typename Part>
void EachEnd(const Units& longer, size_t size, const UnitFilter& filter, const Part& part) {
  for (size_t i = 1; i < size; ++i) {
    if (filter.MayHave(longer[i - 1])) part(0, i);
  }
  for (size_t i = longer.size() - size; i < longer.size(); ++i) {
    if (filter.MayHave(longer[i])) part(i, longer.size() - i);
  }
}

void AddParts(Text shorter, Text longer, RatioQueue* queue) {
  const UnitFilter filter(shorter);
  const size_t size = shorter.size();
  longer.Visit([&](auto units) {
    EachEnd(units, size, filter, [&](size_t begin, size_t count) {
      queue->Add(shorter, Text(units.subspan(begin, count)));
    });
    for (size_t i = 0; i + size < units.size(); ++i) {
      if (filter.MayHave(units[i + size - 1])) {
        queue->Add(shorter, Text(units.subspan(i, size)));
      }
    }
  });
}

// The best ratio of long texts, one part after the other. Of two parts of equal size, the distances
// differ by at most 2 for each place that one lies after the other; so after a distance far from
// the best, as many parts are left out.
double BestOfParts(Text shorter, Text longer, StopToken stop) {
  const PatternMasks masks(shorter);
  const UnitFilter filter(shorter);
  const size_t size = shorter.size();
  double best = 0;
  longer.Visit([&](auto units) {
    const auto distance = [&](size_t begin, size_t count) {
      return IndelDistance(masks, Text(units.subspan(begin, count)), stop);
    };
    auto best_distance = static_cast<int64_t>(2 * size);
    for (size_t i = 0; i + size < units.size() && best_distance > 0;) {
      if (stop.stopped()) return;
      const int64_t found = distance(i, size);
      best_distance = std::min(best_distance, found);
      // At i + k, the distance is at least found - 2 * k.
      i += static_cast<size_t>((found - best_distance) / 2) + 1;
    }
    best = RatioOf(best_distance, 2 * size);
    EachEnd(units, size, filter, [&](size_t begin, size_t count) {
      // With every unit in common.
      if (stop.stopped() || RatioOf(static_cast<int64_t>(size - count), size + count) <= best) {
        return;
      }
      best = std::max(best, RatioOf(distance(begin, count), size + count));
    });
  });
  return best;
}

}  // namespace

PartialRatio::PartialRatio(Text left, Text right, RatioQueue* queue, StopToken stop) {
  if (left.size() > right.size()) std::swap(left, right);
  begin_ = end_ = queue->size();
  if (left.empty()) {
    best_ = right.empty() ? 100 : 0;
    return;
  }
  const bool either = left.size() == right.size();
  if (right.size() > kShortUnits) {
    best_ = BestOfParts(left, right, stop);
    if (either && best_ < 100) best_ = std::max(best_, BestOfParts(right, left, stop));
    return;
  }
  AddParts(left, right, queue);
  if (either) AddParts(right, left, queue);
  end_ = queue->size();
}

double PartialRatio::Score(const RatioQueue& queue) const {
  double best = best_;
  for (size_t place = begin_; place < end_; ++place) best = std::max(best, queue.Ratio(place));
  return best;
}

// Fitted to string_distance_benchmark.cc.
double PartialRatio::CostNs(size_t left_size, size_t right_size) {
  constexpr double kPairNs = 50;
  constexpr double kPartNs = 5;
  constexpr double kWordNs = 2;
  const auto shorter = static_cast<double>(std::min(left_size, right_size));
  const auto longer = static_cast<double>(std::max(left_size, right_size));
  const double part_ns =
      longer <= kShortUnits ? kPartNs + shorter / 4 : 500 + shorter * (1 + shorter / 64) * kWordNs;
  return kPairNs + (longer + shorter) * part_ns;
}

}  // namespace kernelserve

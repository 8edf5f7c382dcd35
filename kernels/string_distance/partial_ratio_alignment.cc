#include "kernels/string_distance/partial_ratio_alignment.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/ratio_queue.h"

namespace kernelserve {
namespace {

// Parts of `longer` as they are compared with all of `shorter`, and the best so far.
class PartSearch {
 public:
  // `shorter` has at least one unit.
  PartSearch(Text shorter, Text longer, StopToken stop)
      : masks_(shorter),
        longer_(longer),
        stop_(stop),
        best_{.left_end = shorter.size(), .right_end = shorter.size()} {}

  // `shorter` on the left.
  Alignment Run() {
    if (longer_.size() > masks_.size()) SearchInside();
    const size_t size = masks_.size();
    for (size_t end = 1; end < size; ++end) TryEnd(0, end);
    for (size_t begin = longer_.size() - size; begin < longer_.size(); ++begin) {
      TryEnd(begin, longer_.size());
    }
    return best_;
  }

 private:
  static constexpr int64_t kUnknown = std::numeric_limits<int64_t>::max();

  // Parts of shorter's size that begin at `first`, at `last` and between.
  struct Window {
    size_t first;
    size_t last;
  };

  int64_t Distance(size_t begin, size_t end) {
    return longer_.Visit([&](auto units) {
      return IndelDistance(masks_, Text(units.subspan(begin, end - begin)), stop_);
    });
  }

  void Improve(double score, size_t begin, size_t end) {
    if (score <= best_.score) return;
    best_.score = score;
    best_.right_begin = begin;
    best_.right_end = end;
  }

  // Parts one place apart differ by at most 2 in distance, so that between two of known distance
  // there is a bound to how much better one can be.
  void SearchInside() {
    const size_t size = masks_.size();
    std::vector<int64_t> distances(longer_.size() - size, kUnknown);
    auto least = static_cast<int64_t>(2 * size);
    const auto look = [&](size_t begin) {
      if (distances[begin] != kUnknown) return;
      distances[begin] = Distance(begin, begin + size);
      if (distances[begin] >= least) return;
      least = distances[begin];
      Improve(RatioOf(least, 2 * size), begin, begin + size);
    };
    std::vector<Window> windows = {{0, distances.size() - 1}};
    std::vector<Window> halves;
    while (!windows.empty()) {
      for (const auto [first, last] : windows) {
        look(first);
        look(last);
        if (least == 0 || stop_.stopped()) return;
        const auto places = static_cast<int64_t>(last - first);
        // From the one down and to the other up again, by 2 a place.
        const int64_t bound = (distances[first] + distances[last]) / 2 - places;
        if (places < 2 || bound >= least) continue;
        const size_t middle = first + (last - first) / 2;
        halves.push_back({first, middle});
        halves.push_back({middle, last});
      }
      windows.swap(halves);
      halves.clear();
    }
  }

  // A part at an end of the longer text, unless with all units in common it were no better.
  void TryEnd(size_t begin, size_t end) {
    const size_t units = masks_.size() + (end - begin);
    const auto missing = static_cast<int64_t>(masks_.size() - (end - begin));
    if (RatioOf(missing, units) <= best_.score || stop_.stopped()) return;
    Improve(RatioOf(Distance(begin, end), units), begin, end);
  }

  const PatternMasks masks_;
  const Text longer_;
  const StopToken stop_;
  Alignment best_;
};

// The same with its sides exchanged.
Alignment Swapped(Alignment alignment) {
  std::swap(alignment.left_begin, alignment.right_begin);
  std::swap(alignment.left_end, alignment.right_end);
  return alignment;
}

}  // namespace

Alignment PartialRatioAlignment(Text left, Text right, StopToken stop) {
  if (left.empty() || right.empty()) return {.score = left.size() == right.size() ? 100.0 : 0.0};
  if (left.size() > right.size()) return Swapped(PartSearch(right, left, stop).Run());
  const Alignment whole_left = PartSearch(left, right, stop).Run();
  if (left.size() < right.size() || whole_left.score == 100) return whole_left;
  const Alignment whole_right = PartSearch(right, left, stop).Run();
  return whole_right.score > whole_left.score ? Swapped(whole_right) : whole_left;
}

PairCost PartialRatioAlignmentCost(size_t left_size, size_t right_size) {
  constexpr double kPartNs = 60;
  constexpr double kUnitNs = 2;
  constexpr double kWordNs = 2;
  const auto [shorter, longer] = std::minmax(left_size, right_size);
  const double words = static_cast<double>(shorter) / 64 + 1;
  const double part_ns = kPartNs + static_cast<double>(shorter) * (kUnitNs + words * kWordNs);
  const double parts = static_cast<double>(longer + shorter) * (longer == shorter ? 2 : 1);
  // A distance and two windows for each place inside the longer text, their vectors half full.
  constexpr uint64_t kPlaceBytes = 8 + 2 * 2 * 16;
  return {.ns = 100 + parts * part_ns, .bytes = kPlaceBytes * (longer - shorter), .edits = 0};
}

}  // namespace kernelserve

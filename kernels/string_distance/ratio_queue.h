#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_RATIO_QUEUE_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_RATIO_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/string_distance/forms.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/text.h"

namespace kernelserve {

// A ratio, 0 to 100: the normalized indel similarity, rounded as RapidFuzz rounds it.
inline double RatioOf(int64_t distance, size_t units) {
  if (units == 0) return 100;
  return (1.0 - static_cast<double>(distance) / static_cast<double>(units)) * 100;
}

inline double RatioCostNs(size_t left_size, size_t right_size) {
  return Indel::CostNs(left_size, right_size) + 5;
}

// A distance over this makes a ratio under the cutoff, and a negative one means that all do.
inline int64_t RatioDistanceCutoff(size_t units, double cutoff) {
  return NormalizedSimilarityForm::DistanceCutoff(static_cast<int64_t>(units), cutoff / 100);
}

// Indel distances that the scorers of a block of pairs need, to be computed all at once.
class RatioQueue {
 public:
  RatioQueue(size_t pairs, StopToken stop) : stop_(stop) {
    left_.reserve(pairs);
    right_.reserve(pairs);
    cutoffs_.reserve(pairs);
  }

  // Of two texts that stay where they are until Run(); a distance over the cutoff may be reported
  // as any other over it. Returns the place of the result, the last one's where that had the same
  // views.
  size_t Add(Text left, Text right, int64_t cutoff) {
    cutoff = std::max<int64_t>(0, cutoff);
    if (!left_.empty() && IsSameView(left_.back(), left) && IsSameView(right_.back(), right)) {
      cutoffs_.back() = std::max(cutoffs_.back(), cutoff);
    } else {
      left_.push_back(left);
      right_.push_back(right);
      cutoffs_.push_back(cutoff);
    }
    return left_.size() - 1;
  }

  void Run() {
    distances_.resize(left_.size());
    Indel::Block(TextColumn(left_), right_, {.each = cutoffs_, .all = 0}, distances_, stop_);
  }

  StopToken stop() const { return stop_; }
  int64_t Distance(size_t place) const { return distances_[place]; }
  double Ratio(size_t place) const {
    return RatioOf(distances_[place], left_[place].size() + right_[place].size());
  }

 private:
  static bool IsSameView(const Text& a, const Text& b) {
    return a.data() == b.data() && a.size() == b.size();
  }

  StopToken stop_;
  std::vector<Text> left_;
  std::vector<Text> right_;
  std::vector<int64_t> cutoffs_;
  std::vector<int64_t> distances_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_RATIO_QUEUE_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_RATIO_QUEUE_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_RATIO_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/text.h"

namespace kernelserve {

// A ratio, 0 to 100: the normalized indel similarity, rounded as RapidFuzz rounds it.
inline double RatioOf(int64_t distance, size_t units) {
  if (units == 0) return 100;
  return (1.0 - static_cast<double>(distance) / static_cast<double>(units)) * 100;
}

// Indel distances that the scorers of a block of pairs need, to be computed all at once.
class RatioQueue {
 public:
  // Of two texts that stay where they are until Run(). Returns the place of the result.
  size_t Add(Text left, Text right) {
    left_.push_back(left);
    right_.push_back(right);
    return left_.size() - 1;
  }
  size_t size() const { return left_.size(); }

  void Run(StopToken stop) {
    distances_.resize(left_.size());
    Indel::Block(TextColumn(left_), right_, {.each = {}, .all = int64_t{1} << 60}, distances_,
                 stop);
  }

  int64_t Distance(size_t place) const { return distances_[place]; }
  double Ratio(size_t place) const {
    return RatioOf(distances_[place], left_[place].size() + right_[place].size());
  }

 private:
  std::vector<Text> left_;
  std::vector<Text> right_;
  std::vector<int64_t> distances_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_RATIO_QUEUE_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_MATCHES_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_MATCHES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace kernelserve {

// A query and a choice, by their rows, and their score.
struct Match {
  uint32_t query;
  uint32_t choice;
  double score;
};

// The k best matches of a query, as they come in.
class BestMatches {
 public:
  // A cutoff that lets everything pass is the worst score there is.
  BestMatches(size_t k, bool higher_is_better, std::optional<double> cutoff)
      : k_(k),
        sign_(higher_is_better ? -1 : 1),
        cutoff_(cutoff ? sign_ * *cutoff : std::numeric_limits<double>::infinity()) {}

  void Add(uint32_t choice, double score) {
    const double loss = sign_ * score;
    if (!Takes(loss, choice)) return;
    heap_.emplace_back(loss, choice);
    std::push_heap(heap_.begin(), heap_.end());
    if (heap_.size() > k_) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
  }

  // Whether a choice of this score may be among the best yet.
  bool MayTake(double score) const { return k_ > 0 && sign_ * score <= worst(); }
  // What a score may be at most; nothing where any may.
  std::optional<double> cutoff() const {
    if (worst() == std::numeric_limits<double>::infinity()) return std::nullopt;
    return sign_ * worst();
  }

  void MoveTo(uint32_t query, std::vector<Match>* out) {
    std::sort(heap_.begin(), heap_.end());
    for (const auto& [loss, choice] : heap_) out->push_back({query, choice, sign_ * loss});
    heap_.clear();
  }

 private:
  double worst() const { return heap_.size() < k_ ? cutoff_ : heap_.front().first; }
  bool Takes(double loss, uint32_t choice) const {
    if (k_ == 0 || !(loss <= cutoff_)) return false;
    return heap_.size() < k_ || std::pair(loss, choice) < heap_.front();
  }

  size_t k_;
  double sign_;  // a loss is the less the better
  double cutoff_;
  std::vector<std::pair<double, uint32_t>> heap_;  // the worst on top
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_BEST_MATCHES_H_

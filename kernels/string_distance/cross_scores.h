#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_SCORES_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_SCORES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kernels/string_distance/cross_block.h"
#include "kernels/text.h"

namespace kernelserve {

// The sizes of a block of choices, which are few. Those over the limit count as of it.
class CrossSizes {
 public:
  explicit CrossSizes(std::span<const Text> choices) {
    each_.reserve(choices.size());
    std::array<bool, kCrossUnits + 1> seen{};
    for (const Text& choice : choices) {
      const size_t units = std::min(choice.size(), kCrossUnits);
      each_.push_back(static_cast<uint8_t>(units));
      if (!std::exchange(seen[units], true)) distinct_.push_back(units);
    }
  }

  std::span<const uint8_t> each() const { return each_; }
  // Each once.
  std::span<const size_t> distinct() const { return distinct_; }

 private:
  std::vector<uint8_t> each_;
  std::vector<size_t> distinct_;
};

// Scores from what cross_block.h computes. Queries and choices have few sizes, and distances are
// bytes: each score that there is is computed once and then looked up, since divisions would take
// longer than the distances.
template <typename ScoreOf>
class CrossScores {
 public:
  // score_of(query_units, units, distance): for any distance up to that of nothing in common.
  CrossScores(std::span<const Text> choices, ScoreOf score_of)
      : score_of_(std::move(score_of)), scores_(choices.size()), sizes_(choices) {}

  // Of a query of so many units, by its distances with the choices from `begin` on. Valid until the
  // next call. Those with choices over the limit mean nothing.
  std::span<double> Of(size_t query_units, size_t begin, std::span<const uint8_t> distances) {
    std::array<const double*, kCrossUnits + 1> tables{};
    for (const size_t units : sizes_.distinct()) {
      auto& table = tables_[query_units][units];
      if (!table) table = Table(query_units, units);
      tables[units] = table.get();
    }
    // Nothing but looking up: a table made on the way would cost registers.
    const uint8_t* const sizes = sizes_.each().data() + begin;
    double* const scores = scores_.data();
    for (size_t c = 0; c < distances.size(); ++c) scores[c] = tables[sizes[c]][distances[c]];
    return std::span(scores_).first(distances.size());
  }

 private:
  std::unique_ptr<double[]> Table(size_t query_units, size_t units) const {
    auto table = std::make_unique_for_overwrite<double[]>(UINT8_MAX + 1);
    for (size_t distance = 0; distance <= UINT8_MAX; ++distance) {
      table[distance] =
          distance <= query_units + units ? score_of_(query_units, units, distance) : 0;
    }
    return table;
  }

  ScoreOf score_of_;
  std::vector<double> scores_;
  const CrossSizes sizes_;
  std::array<std::array<std::unique_ptr<double[]>, kCrossUnits + 1>, kCrossQueryUnits + 1> tables_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_SCORES_H_

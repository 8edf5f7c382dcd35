#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_FIXTURE_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_FIXTURE_H_

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/catalog.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/cross.h"

// For tests of Cross: texts, scorers, and what each pair gives by itself.
namespace kernelserve {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

// Texts of all sizes and widths, many of them alike, with empty ones and some over every limit.
class RandomTexts {
 public:
  RandomTexts(uint32_t seed, size_t count, size_t size_max) : random_(seed) {
    while (units_.size() < count) {
      auto [one, other] = random_.Pair(random_.Below(20) == 0 ? 4 * size_max : size_max);
      units_.push_back(std::move(one));
      units_.push_back(std::move(other));
      if (random_.Below(4) == 0) units_.push_back(units_[random_.Below(Count())]);
    }
    for (const Units& text : units_) owned_.emplace_back(text);
  }
  std::vector<Text> texts() const {
    std::vector<Text> texts;
    for (const OwnedText& text : owned_) texts.push_back(text.text());
    return texts;
  }

 private:
  uint32_t Count() const { return static_cast<uint32_t>(units_.size()); }

  RandomText random_;
  std::vector<OwnedText> owned_;
  std::vector<Units> units_;
};

inline std::unique_ptr<TextScorer> Bind(const std::string& name, std::optional<double> cutoff) {
  const auto kernel = FindScorer(name, "scorer");
  Binding binding;
  binding.score_cutoff = cutoff;
  return *(*kernel)->bind_scorer(binding);
}

// The score of one pair.
inline double ScoreOf(const TextScorer& scorer, Text query, Text choice) {
  double score;
  scorer.Prepare(query)->Score(std::span(&choice, 1), std::nullopt, {}, std::span(&score, 1));
  return score;
}

// All scores, one by one.
inline std::vector<Match> EachScore(const TextScorer& scorer, const std::vector<Text>& queries,
                                    const std::vector<Text>& choices) {
  std::vector<Match> matches;
  for (uint32_t q = 0; q < queries.size(); ++q) {
    for (uint32_t c = 0; c < choices.size(); ++c) {
      matches.push_back({q, c, ScoreOf(scorer, queries[q], choices[c])});
    }
  }
  return matches;
}

inline std::vector<std::tuple<uint32_t, uint32_t, double>> Tuples(
    const std::vector<Match>& matches) {
  std::vector<std::tuple<uint32_t, uint32_t, double>> tuples;
  for (const Match& match : matches) tuples.emplace_back(match.query, match.choice, match.score);
  return tuples;
}

// Cutoffs that most, some and few pairs pass, in the scorer's unit.
inline std::vector<std::optional<double>> CutoffsOf(const TextScorer& scorer,
                                                    const std::string& name) {
  std::vector<std::optional<double>> cutoffs = {std::nullopt};
  for (const double part : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    double most = 1;
    if (scorer.is_whole()) most = 12;
    if (name.starts_with("fuzz.")) most = 100;
    cutoffs.emplace_back(scorer.is_whole() ? std::round(part * most) : part * most);
  }
  return cutoffs;
}

inline double AsDouble(const ScoreMatrix& matrix, size_t query, size_t choice) {
  return reinterpret_cast<const double*>(matrix.values().data())[query * matrix.choices() + choice];
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_CROSS_FIXTURE_H_

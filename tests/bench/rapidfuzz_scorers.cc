#include <rapidfuzz/distance.hpp>
#include <rapidfuzz/fuzz.hpp>
#include <utility>

#include "tests/bench/kernel_race.h"

namespace kernelserve {
namespace {

// Each pair by the plain function, which is rapidfuzz-cpp's fastest for pairs that have no text in
// common: a Cached scorer builds the tables of its text first, and a Multi one is for many texts
// against each of others. Units are in the width that Python's str has, as RapidFuzz gets them.
template <class Score, auto score>
void ScoreEach(const Pairs& pairs, Scores* scores) {
  auto& out = scores->Of<Score>();
  out.resize(pairs.left.size());
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<Score>(pairs.left[i].Visit([&](auto left) {
      return pairs.right[i].Visit([&](auto right) {
        return score(left.data(), left.data() + left.size(), right.data(),
                     right.data() + right.size());
      });
    }));
  }
}

constexpr std::pair<std::string_view, PairScorer> kScorers[] = {
    {"levenshtein.distance",
     ScoreEach<int64_t, [](auto... units) { return rapidfuzz::levenshtein_distance(units...); }>},
    {"damerau_levenshtein.distance",
     ScoreEach<int64_t,
               [](auto... units) {
                 return rapidfuzz::experimental::damerau_levenshtein_distance(units...);
               }>},
    {"osa.distance",
     ScoreEach<int64_t, [](auto... units) { return rapidfuzz::osa_distance(units...); }>},
    {"indel.distance",
     ScoreEach<int64_t, [](auto... units) { return rapidfuzz::indel_distance(units...); }>},
    {"lcs_seq.distance",
     ScoreEach<int64_t, [](auto... units) { return rapidfuzz::lcs_seq_distance(units...); }>},
    {"hamming.distance",
     ScoreEach<int64_t, [](auto... units) { return rapidfuzz::hamming_distance(units...); }>},
    {"jaro.similarity",
     ScoreEach<double, [](auto... units) { return rapidfuzz::jaro_similarity(units...); }>},
    {"jaro_winkler.similarity",
     ScoreEach<double, [](auto... units) { return rapidfuzz::jaro_winkler_similarity(units...); }>},
    {"fuzz.ratio",
     ScoreEach<double, [](auto... units) { return rapidfuzz::fuzz::ratio(units...); }>},
    {"fuzz.partial_ratio",
     ScoreEach<double, [](auto... units) { return rapidfuzz::fuzz::partial_ratio(units...); }>},
    {"fuzz.token_sort_ratio",
     ScoreEach<double, [](auto... units) { return rapidfuzz::fuzz::token_sort_ratio(units...); }>},
    {"fuzz.token_set_ratio",
     ScoreEach<double, [](auto... units) { return rapidfuzz::fuzz::token_set_ratio(units...); }>},
    {"fuzz.WRatio",
     ScoreEach<double, [](auto... units) { return rapidfuzz::fuzz::WRatio(units...); }>},
};

}  // namespace

PairScorer RapidfuzzScorer(std::string_view name) {
  for (const auto& [known, scorer] : kScorers) {
    if (known == name) return scorer;
  }
  return nullptr;
}

}  // namespace kernelserve

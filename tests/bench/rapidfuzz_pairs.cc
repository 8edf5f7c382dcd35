#include <memory>
#include <rapidfuzz/distance.hpp>
#include <rapidfuzz/fuzz.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/kernel_race.h"

namespace kernelserve {
namespace {

// Each pair by the plain function, which is rapidfuzz-cpp's fastest for pairs that have no text in
// common: a Cached scorer builds the tables of its text first, and a Multi one is for many texts
// against each of others. Units are in the width that Python's str has, as RapidFuzz gets them.
template <class Score, auto score>
class EachPair : public Entrant {
 public:
  explicit EachPair(const Pairs& pairs) : pairs_(pairs), scores_(pairs.left.size()) {}

  void Run() override {
    for (size_t i = 0; i < scores_.size(); ++i) {
      scores_[i] = static_cast<Score>(pairs_.left[i].Visit([&](auto left) {
        return pairs_.right[i].Visit([&](auto right) {
          return score(left.data(), left.data() + left.size(), right.data(),
                       right.data() + right.size());
        });
      }));
    }
  }
  std::vector<double> Scores() const override { return {scores_.begin(), scores_.end()}; }

 private:
  const Pairs& pairs_;
  std::vector<Score> scores_;
};

using MakeEntrant = std::unique_ptr<Entrant> (*)(const Pairs&);
template <class Score, auto score>
std::unique_ptr<Entrant> Make(const Pairs& pairs) {
  return std::make_unique<EachPair<Score, score>>(pairs);
}

constexpr std::pair<std::string_view, MakeEntrant> kScorers[] = {
    {"levenshtein.distance",
     Make<int64_t, [](auto... units) { return rapidfuzz::levenshtein_distance(units...); }>},
    {"damerau_levenshtein.distance",
     Make<int64_t,
          [](auto... units) {
            return rapidfuzz::experimental::damerau_levenshtein_distance(units...);
          }>},
    {"osa.distance",
     Make<int64_t, [](auto... units) { return rapidfuzz::osa_distance(units...); }>},
    {"indel.distance",
     Make<int64_t, [](auto... units) { return rapidfuzz::indel_distance(units...); }>},
    {"lcs_seq.distance",
     Make<int64_t, [](auto... units) { return rapidfuzz::lcs_seq_distance(units...); }>},
    {"hamming.distance",
     Make<int64_t, [](auto... units) { return rapidfuzz::hamming_distance(units...); }>},
    {"jaro.similarity",
     Make<double, [](auto... units) { return rapidfuzz::jaro_similarity(units...); }>},
    {"jaro_winkler.similarity",
     Make<double, [](auto... units) { return rapidfuzz::jaro_winkler_similarity(units...); }>},
    {"fuzz.ratio", Make<double, [](auto... units) { return rapidfuzz::fuzz::ratio(units...); }>},
    {"fuzz.partial_ratio",
     Make<double, [](auto... units) { return rapidfuzz::fuzz::partial_ratio(units...); }>},
    {"fuzz.token_sort_ratio",
     Make<double, [](auto... units) { return rapidfuzz::fuzz::token_sort_ratio(units...); }>},
    {"fuzz.token_set_ratio",
     Make<double, [](auto... units) { return rapidfuzz::fuzz::token_set_ratio(units...); }>},
    {"fuzz.WRatio", Make<double, [](auto... units) { return rapidfuzz::fuzz::WRatio(units...); }>},
};

}  // namespace

std::unique_ptr<Entrant> RapidfuzzPairs(std::string_view scorer, const Pairs& pairs) {
  for (const auto& [known, make] : kScorers) {
    if (known == scorer) return make(pairs);
  }
  return nullptr;
}

}  // namespace kernelserve

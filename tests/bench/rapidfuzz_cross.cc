#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <rapidfuzz/distance.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "tests/bench/kernel_race.h"

namespace kernelserve {
namespace {

using rapidfuzz::experimental::MultiIndel;
using rapidfuzz::experimental::MultiJaroWinkler;
using rapidfuzz::experimental::MultiLevenshtein;

constexpr auto kDistance = [](const auto& scorer, auto& scores, auto choice) {
  scorer.distance(scores.data(), scores.size(), choice.data(), choice.data() + choice.size());
};
constexpr auto kSimilarity = [](const auto& scorer, auto& scores, auto choice) {
  scorer.similarity(scores.data(), scores.size(), choice.data(), choice.data() + choice.size());
};

// The queries in rapidfuzz-cpp's SIMD scorers, by size, as many at a time as one vector holds.
// RapidFuzz's cdist does the same with fewer queries of a size together, and takes 1.1 to 2 times
// as long. Scores are of the narrowest types that hold them.
template <template <size_t> class Multi, class Computed, class Score, auto score>
class ByVectors : public Entrant {
 public:
  explicit ByVectors(const Pairs& pairs) : pairs_(pairs), by_size_(pairs.queries().size()) {
    std::iota(by_size_.begin(), by_size_.end(), size_t{0});
    const auto size = [this](size_t query) { return pairs_.queries()[query].size(); };
    std::stable_sort(by_size_.begin(), by_size_.end(),
                     [size](size_t a, size_t b) { return size(a) < size(b); });
    scores_.resize(by_size_.size() * pairs.right.size());
  }

  void Run() override {
    std::span<const size_t> left(by_size_);
    left = left.subspan(Lanes<8>(left));
    left = left.subspan(Lanes<16>(left));
    left = left.subspan(Lanes<32>(left));
    Lanes<64>(left);
  }
  std::vector<double> Scores() const override { return {scores_.begin(), scores_.end()}; }

 private:
  // Scores of those queries in front that have at most `units`, and how many these are.
  template <size_t units>
  size_t Lanes(std::span<const size_t> queries) {
    const Multi<units> one(1);
    size_t done = 0;
    while (done < queries.size()) {
      size_t count = 0;
      const std::span<const size_t> rest = queries.subspan(done);
      while (count < std::min(one.result_count(), rest.size()) &&
             pairs_.queries()[rest[count]].size() <= units) {
        ++count;
      }
      if (count == 0) break;
      Multi<units> scorer(count);
      for (const size_t query : rest.first(count)) {
        pairs_.queries()[query].Visit(
            [&](auto text) { scorer.insert(text.data(), text.data() + text.size()); });
      }
      std::vector<Computed> scores(scorer.result_count());
      for (size_t choice = 0; choice < pairs_.right.size(); ++choice) {
        pairs_.right[choice].Visit([&](auto text) { score(scorer, scores, text); });
        for (size_t lane = 0; lane < count; ++lane) {
          scores_[rest[lane] * pairs_.right.size() + choice] = static_cast<Score>(scores[lane]);
        }
      }
      done += count;
    }
    return done;
  }

  const Pairs& pairs_;
  std::vector<size_t> by_size_;
  std::vector<Score> scores_;
};

}  // namespace

std::unique_ptr<Entrant> RapidfuzzCross(std::string_view scorer, const Pairs& pairs) {
  if (scorer == "levenshtein.distance") {
    return std::make_unique<ByVectors<MultiLevenshtein, size_t, uint8_t, kDistance>>(pairs);
  }
  if (scorer == "indel.distance") {
    return std::make_unique<ByVectors<MultiIndel, size_t, uint8_t, kDistance>>(pairs);
  }
  if (scorer == "jaro_winkler.similarity") {
    return std::make_unique<ByVectors<MultiJaroWinkler, double, float, kSimilarity>>(pairs);
  }
  return nullptr;
}

}  // namespace kernelserve

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/define.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/damerau_levenshtein.h"
#include "kernels/string_distance/fuzz_metrics.h"
#include "kernels/string_distance/hamming_metric.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/jaro_metric.h"
#include "kernels/string_distance/jaro_winkler_metric.h"
#include "kernels/string_distance/lcs_seq.h"
#include "kernels/string_distance/levenshtein_metric.h"
#include "kernels/string_distance/metric.h"
#include "kernels/string_distance/osa.h"
#include "kernels/string_distance/similarity_metric.h"
#include "kernels/string_distance/symmetric_metric.h"
#include "tests/bench/kernel_race.h"

namespace kernelserve {
namespace {

template <class Kernel>
using ScoreOf = decltype(Kernel::Run(Text(), Text(), typename Kernel::Parameters(), StopToken()));

// In blocks of as many pairs as a call on the server has.
template <class Kernel>
class InBlocks : public Entrant {
 public:
  explicit InBlocks(const Pairs& pairs) : pairs_(pairs), scores_(pairs.left.size()) {}

  void Run() override {
    const std::span<const Text> left(pairs_.left);
    const std::span<const Text> right(pairs_.right);
    const typename Kernel::Parameters parameters;
    for (size_t first = 0; first < scores_.size(); first += define_internal::kBlockRows) {
      const size_t count = std::min(define_internal::kBlockRows, scores_.size() - first);
      Kernel::RunBlock(left.subspan(first, count), right.subspan(first, count), parameters, {},
                       std::span(scores_).subspan(first, count));
    }
  }
  std::vector<double> Scores() const override { return {scores_.begin(), scores_.end()}; }

 private:
  const Pairs& pairs_;
  std::vector<ScoreOf<Kernel>> scores_;
};

using MakeEntrant = std::unique_ptr<Entrant> (*)(const Pairs&);
template <class Kernel>
std::unique_ptr<Entrant> Make(const Pairs& pairs) {
  return std::make_unique<InBlocks<Kernel>>(pairs);
}

template <class Metric>
constexpr MakeEntrant kDistance = Make<MetricKernel<Metric, Form::kDistance>>;
template <class Metric>
constexpr MakeEntrant kSimilarity = Make<SimilarityKernel<Metric, Form::kSimilarity>>;

constexpr std::pair<std::string_view, MakeEntrant> kScorers[] = {
    {"levenshtein.distance", kDistance<LevenshteinMetric>},
    {"damerau_levenshtein.distance", kDistance<SymmetricMetric<DamerauLevenshtein>>},
    {"osa.distance", kDistance<SymmetricMetric<Osa>>},
    {"indel.distance", kDistance<SymmetricMetric<Indel>>},
    {"lcs_seq.distance", kDistance<SymmetricMetric<LcsSeq>>},
    {"hamming.distance", kDistance<HammingMetric>},
    {"jaro.similarity", kSimilarity<JaroMetric>},
    {"jaro_winkler.similarity", kSimilarity<JaroWinklerMetric>},
    {"fuzz.ratio", kSimilarity<FuzzRatio>},
    {"fuzz.partial_ratio", kSimilarity<FuzzPartialRatio>},
    {"fuzz.token_sort_ratio", kSimilarity<FuzzTokens<TokenSortRatio>>},
    {"fuzz.token_set_ratio", kSimilarity<FuzzTokens<TokenSetRatio>>},
    {"fuzz.WRatio", kSimilarity<FuzzWRatio>},
};

}  // namespace

std::unique_ptr<Entrant> KernelservePairs(std::string_view scorer, const Pairs& pairs) {
  for (const auto& [known, make] : kScorers) {
    if (known == scorer) return make(pairs);
  }
  return nullptr;
}

}  // namespace kernelserve

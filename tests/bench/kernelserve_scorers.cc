#include <algorithm>
#include <span>
#include <utility>

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
void ScoreInBlocks(const Pairs& pairs, Scores* scores) {
  auto& out = scores->Of<ScoreOf<Kernel>>();
  out.resize(pairs.left.size());
  const std::span<const Text> left(pairs.left);
  const std::span<const Text> right(pairs.right);
  const typename Kernel::Parameters parameters;
  for (size_t first = 0; first < out.size(); first += define_internal::kBlockRows) {
    const size_t count = std::min(define_internal::kBlockRows, out.size() - first);
    Kernel::RunBlock(left.subspan(first, count), right.subspan(first, count), parameters, {},
                     std::span(out).subspan(first, count));
  }
}

template <class Metric>
constexpr PairScorer kDistance = ScoreInBlocks<MetricKernel<Metric, Form::kDistance>>;
template <class Metric>
constexpr PairScorer kSimilarity = ScoreInBlocks<SimilarityKernel<Metric, Form::kSimilarity>>;

constexpr std::pair<std::string_view, PairScorer> kScorers[] = {
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

PairScorer KernelserveScorer(std::string_view name) {
  for (const auto& [known, scorer] : kScorers) {
    if (known == name) return scorer;
  }
  return nullptr;
}

}  // namespace kernelserve

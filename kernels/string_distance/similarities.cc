#include <vector>

#include "kernels/kernel.h"
#include "kernels/string_distance/alignment_metric.h"
#include "kernels/string_distance/jaro_metric.h"
#include "kernels/string_distance/jaro_winkler_metric.h"
#include "kernels/string_distance/ngram_metric.h"
#include "kernels/string_distance/scorers.h"
#include "kernels/string_distance/similarity_metric.h"

namespace kernelserve {

void AddSimilarities(std::vector<Kernel>* catalog) {
  DefineSimilarityMetric<JaroMetric>(
      "jaro", "Jaro's similarity: units in common, and how many of them are in another order.",
      catalog);
  DefineSimilarityMetric<JaroWinklerMetric>(
      "jaro_winkler", "Jaro's similarity, with Winkler's bonus for a common prefix.", catalog);
  DefineSimilarityMetric<NgramMetric<NgramCoefficient::kJaccard>>(
      "ngram_jaccard", "The n-grams in common, divided by those of either text.", catalog);
  DefineSimilarityMetric<NgramMetric<NgramCoefficient::kSorensenDice>>(
      "ngram_sorensen_dice",
      "The n-grams in common, divided by the mean of how many each text has.", catalog);
  DefineSimilarityMetric<NgramMetric<NgramCoefficient::kCosine>>(
      "ngram_cosine",
      "The n-grams in common, divided by the geometric mean of how many each text has.", catalog);
  DefineAlignment<AlignmentKind::kGlobal>(
      "needleman_wunsch.score",
      "The greatest score of an alignment of both texts as a whole, with affine gaps.", catalog);
  DefineAlignment<AlignmentKind::kLocal>(
      "smith_waterman.score",
      "The greatest score of an alignment of a part of either text, with affine gaps.", catalog);
}

}  // namespace kernelserve

#include <vector>

#include "kernels/kernel.h"
#include "kernels/string_distance/affix.h"
#include "kernels/string_distance/damerau_levenshtein.h"
#include "kernels/string_distance/hamming_metric.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/lcs_seq.h"
#include "kernels/string_distance/levenshtein_metric.h"
#include "kernels/string_distance/metric.h"
#include "kernels/string_distance/osa.h"
#include "kernels/string_distance/scorers.h"
#include "kernels/string_distance/symmetric_metric.h"

namespace kernelserve {

void AddEditMetrics(std::vector<Kernel>* catalog) {
  DefineMetric<LevenshteinMetric>(
      "levenshtein",
      "The least cost of insertions, deletions and substitutions from left to right.", catalog);
  DefineMetric<SymmetricMetric<DamerauLevenshtein>>(
      "damerau_levenshtein",
      "The least number of insertions, deletions, substitutions and transpositions of neighbours, "
      "also of what was apart before.",
      catalog);
  DefineMetric<SymmetricMetric<Osa>>(
      "osa",
      "Optimal string alignment: the least number of insertions, deletions, substitutions and "
      "transpositions of neighbours, where no unit is edited twice.",
      catalog);
  DefineMetric<SymmetricMetric<Indel>>("indel", "The least number of insertions and deletions.",
                                       catalog);
  DefineMetric<SymmetricMetric<LcsSeq>>(
      "lcs_seq", "The longer text's size less that of the longest common subsequence.", catalog);
  DefineMetric<HammingMetric>("hamming", "The number of places where the texts differ.", catalog);
  DefineMetric<SymmetricMetric<Prefix>>(
      "prefix", "The longer text's size less that of the common prefix.", catalog);
  DefineMetric<SymmetricMetric<Postfix>>(
      "postfix", "The longer text's size less that of the common suffix.", catalog);
}

}  // namespace kernelserve

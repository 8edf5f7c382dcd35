#include <vector>

#include "kernels/kernel.h"
#include "kernels/string_distance/fuzz_metrics.h"
#include "kernels/string_distance/scorers.h"

namespace kernelserve {

void AddRatios(std::vector<Kernel>* catalog) {
  DefineFuzz<FuzzRatio>("fuzz.ratio", "100 times the normalized indel similarity.", catalog);
  DefineFuzz<FuzzPartialRatio>(
      "fuzz.partial_ratio",
      "The greatest ratio of the shorter text and a part of the longer one of at most its size.",
      catalog);
  DefineFuzz<FuzzTokens<TokenSortRatio>>("fuzz.token_sort_ratio", "The ratio of the sorted words.",
                                         catalog);
  DefineFuzz<FuzzTokens<TokenSetRatio>>(
      "fuzz.token_set_ratio",
      "The greatest ratio of any two of: the common words; those and left's others; those and "
      "right's others. 0 where a text has no words.",
      catalog);
  DefineFuzz<FuzzTokens<TokenRatio>>(
      "fuzz.token_ratio", "The greater of fuzz.token_sort_ratio and fuzz.token_set_ratio.",
      catalog);
  DefineFuzz<FuzzPartialTokens<PartialTokenSortRatio>>(
      "fuzz.partial_token_sort_ratio", "The partial ratio of the sorted words.", catalog);
  DefineFuzz<FuzzPartialTokens<PartialTokenSetRatio>>(
      "fuzz.partial_token_set_ratio",
      "100 where a word is common, else the partial ratio of the words. 0 where a text has none.",
      catalog);
  DefineFuzz<FuzzPartialTokens<PartialTokenRatio>>(
      "fuzz.partial_token_ratio",
      "The greater of fuzz.partial_token_sort_ratio and fuzz.partial_token_set_ratio.", catalog);
  DefineFuzz<FuzzWRatio>(
      "fuzz.WRatio",
      "The greatest of the ratios above, each by a weight that depends on the sizes. "
      "0 where a text is empty.",
      catalog);
  DefineFuzz<FuzzQRatio>("fuzz.QRatio", "fuzz.ratio, but 0 where a text is empty.", catalog);
}

}  // namespace kernelserve

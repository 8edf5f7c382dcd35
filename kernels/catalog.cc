#include "kernels/catalog.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kernels/define.h"
#include "kernels/did_you_mean.h"
#include "kernels/error.h"
#include "kernels/fibonacci/fibonacci_kernel.h"
#include "kernels/null.h"
#include "kernels/phonetics/match_rating_codex.h"
#include "kernels/phonetics/metaphone.h"
#include "kernels/phonetics/nysiis.h"
#include "kernels/phonetics/phonetic_kernel.h"
#include "kernels/phonetics/soundex.h"
#include "kernels/string_distance/affix.h"
#include "kernels/string_distance/alignment_metric.h"
#include "kernels/string_distance/damerau_levenshtein.h"
#include "kernels/string_distance/fuzz_metrics.h"
#include "kernels/string_distance/hamming_metric.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/jaro_metric.h"
#include "kernels/string_distance/jaro_winkler_metric.h"
#include "kernels/string_distance/lcs_seq.h"
#include "kernels/string_distance/levenshtein_metric.h"
#include "kernels/string_distance/metric.h"
#include "kernels/string_distance/ngram_metric.h"
#include "kernels/string_distance/osa.h"
#include "kernels/string_distance/similarity_metric.h"
#include "kernels/string_distance/symmetric_metric.h"

namespace kernelserve {
namespace {

std::vector<Kernel> MakeCatalog() {
  std::vector<Kernel> catalog = {
      Define<FibonacciKernel>("fibonacci", {"n"},
                              "The n-th Fibonacci number: F(0) = 0, F(1) = 1, exact at any size."),
      NullKernel("null", "0 for every row, which is not read: the cost of the boundary itself."),
      Define<PhoneticKernel<Soundex>>("soundex", {"text"},
                                      "How a name sounds: its first letter and three digits."),
      Define<PhoneticKernel<Metaphone>>("metaphone", {"text"},
                                        "How English words sound: their consonants."),
      Define<PhoneticKernel<Nysiis>>(
          "nysiis", {"text"},
          "How a name sounds: the key of the New York State Identification and Intelligence "
          "System."),
      Define<PhoneticKernel<MatchRatingCodex>>(
          "match_rating_codex", {"text"},
          "A name's codex by the match rating approach: up to six letters. Fails where a character "
          "is not alphabetic."),
  };
  DefineMetric<LevenshteinMetric>(
      "levenshtein",
      "The least cost of insertions, deletions and substitutions from left to right.", &catalog);
  DefineMetric<SymmetricMetric<DamerauLevenshtein>>(
      "damerau_levenshtein",
      "The least number of insertions, deletions, substitutions and transpositions of neighbours, "
      "also of what was apart before.",
      &catalog);
  DefineMetric<SymmetricMetric<Osa>>(
      "osa",
      "Optimal string alignment: the least number of insertions, deletions, substitutions and "
      "transpositions of neighbours, where no unit is edited twice.",
      &catalog);
  DefineMetric<SymmetricMetric<Indel>>("indel", "The least number of insertions and deletions.",
                                       &catalog);
  DefineMetric<SymmetricMetric<LcsSeq>>(
      "lcs_seq", "The longer text's size less that of the longest common subsequence.", &catalog);
  DefineMetric<HammingMetric>("hamming", "The number of places where the texts differ.", &catalog);
  DefineMetric<SymmetricMetric<Prefix>>(
      "prefix", "The longer text's size less that of the common prefix.", &catalog);
  DefineMetric<SymmetricMetric<Postfix>>(
      "postfix", "The longer text's size less that of the common suffix.", &catalog);
  DefineSimilarityMetric<JaroMetric>(
      "jaro", "Jaro's similarity: units in common, and how many of them are in another order.",
      &catalog);
  DefineSimilarityMetric<JaroWinklerMetric>(
      "jaro_winkler", "Jaro's similarity, with Winkler's bonus for a common prefix.", &catalog);
  DefineSimilarityMetric<NgramMetric<NgramCoefficient::kJaccard>>(
      "ngram_jaccard", "The n-grams in common, divided by those of either text.", &catalog);
  DefineSimilarityMetric<NgramMetric<NgramCoefficient::kSorensenDice>>(
      "ngram_sorensen_dice",
      "The n-grams in common, divided by the mean of how many each text has.", &catalog);
  DefineSimilarityMetric<NgramMetric<NgramCoefficient::kCosine>>(
      "ngram_cosine",
      "The n-grams in common, divided by the geometric mean of how many each text has.", &catalog);
  DefineAlignment<AlignmentKind::kGlobal>(
      "needleman_wunsch.score",
      "The greatest score of an alignment of both texts as a whole, with affine gaps.", &catalog);
  DefineAlignment<AlignmentKind::kLocal>(
      "smith_waterman.score",
      "The greatest score of an alignment of a part of either text, with affine gaps.", &catalog);
  DefineFuzz<FuzzRatio>("fuzz.ratio", "100 times the normalized indel similarity.", &catalog);
  DefineFuzz<FuzzPartialRatio>(
      "fuzz.partial_ratio",
      "The greatest ratio of the shorter text and a part of the longer one of at most its size.",
      &catalog);
  DefineFuzz<FuzzTokens<TokenSortRatio>>("fuzz.token_sort_ratio", "The ratio of the sorted words.",
                                         &catalog);
  DefineFuzz<FuzzTokens<TokenSetRatio>>(
      "fuzz.token_set_ratio",
      "The greatest ratio of any two of: the common words; those and left's others; those and "
      "right's others. 0 where a text has no words.",
      &catalog);
  DefineFuzz<FuzzTokens<TokenRatio>>(
      "fuzz.token_ratio", "The greater of fuzz.token_sort_ratio and fuzz.token_set_ratio.",
      &catalog);
  DefineFuzz<FuzzPartialTokens<PartialTokenSortRatio>>(
      "fuzz.partial_token_sort_ratio", "The partial ratio of the sorted words.", &catalog);
  DefineFuzz<FuzzPartialTokens<PartialTokenSetRatio>>(
      "fuzz.partial_token_set_ratio",
      "100 where a word is common, else the partial ratio of the words. 0 where a text has none.",
      &catalog);
  DefineFuzz<FuzzPartialTokens<PartialTokenRatio>>(
      "fuzz.partial_token_ratio",
      "The greater of fuzz.partial_token_sort_ratio and fuzz.partial_token_set_ratio.", &catalog);
  DefineFuzz<FuzzWRatio>(
      "fuzz.WRatio",
      "The greatest of the ratios above, each by a weight that depends on the sizes. "
      "0 where a text is empty.",
      &catalog);
  DefineFuzz<FuzzQRatio>("fuzz.QRatio", "fuzz.ratio, but 0 where a text is empty.", &catalog);
  return catalog;
}

absl::StatusOr<const Kernel*> Find(absl::string_view name, absl::string_view field,
                                   bool only_scorers) {
  std::vector<absl::string_view> known;
  for (const Kernel& kernel : Catalog()) {
    if (only_scorers && !kernel.scorer) continue;
    if (kernel.name == name) return &kernel;
    known.push_back(kernel.name);
  }
  const absl::string_view what = only_scorers ? "scorer" : "kernel";
  const absl::string_view shown = name.substr(0, 100);
  return MakeError(absl::StatusCode::kNotFound,
                   {.reason = only_scorers ? "UNKNOWN_SCORER" : "UNKNOWN_KERNEL",
                    .field = field,
                    .bound = NearestName(name, known),
                    .value = shown},
                   absl::StrCat("there is no ", what, " '", shown, "'", DidYouMean(name, known)));
}

// FNV-1a, 64 bits (Fowler, Noll and Vo): a fingerprint, not a secret.
uint64_t Fingerprint(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

const std::vector<Kernel>& Catalog() {
  static const auto& catalog = *new std::vector<Kernel>(MakeCatalog());
  return catalog;
}

absl::StatusOr<const Kernel*> FindKernel(absl::string_view name, absl::string_view field) {
  return Find(name, field, /*only_scorers=*/false);
}

absl::StatusOr<const Kernel*> FindScorer(absl::string_view name, absl::string_view field) {
  return Find(name, field, /*only_scorers=*/true);
}

const std::string& CatalogDigest() {
  static const auto& digest = *new std::string([] {
    std::string text;
    for (const Kernel& kernel : Catalog()) {
      absl::StrAppend(&text, kernel.name, "(");
      for (const Field& field : kernel.arguments) {
        absl::StrAppend(&text, field.name, ":", DataTypeName(field.type), ",");
      }
      for (const Field& field : kernel.parameters) {
        absl::StrAppend(&text, field.name, "=", DataTypeName(field.type), ",");
      }
      absl::StrAppend(&text, ")");
      for (const DataType type : kernel.results) absl::StrAppend(&text, DataTypeName(type), ",");
      absl::StrAppend(&text, kernel.scorer, kernel.symmetric, kernel.fallible, "\n");
    }
    return absl::StrFormat("%016x", Fingerprint(text));
  }());
  return digest;
}

}  // namespace kernelserve

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
#include "kernels/string_distance/scorers.h"

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
  AddEditMetrics(&catalog);
  AddSimilarities(&catalog);
  AddRatios(&catalog);
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

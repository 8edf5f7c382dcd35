#include "server/scorer.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kernels/catalog.h"
#include "kernels/error.h"
#include "server/batch_handler.h"

namespace kernelserve::server {
namespace {

constexpr absl::string_view kDefaultScorer = "levenshtein.distance";

absl::StatusOr<Preprocessing> DecodePreprocessing(v1::Preprocessing preprocessing) {
  switch (preprocessing) {
    case v1::PREPROCESSING_UNSPECIFIED:
      return Preprocessing::kNone;
    case v1::PREPROCESSING_DEFAULT_PROCESS:
      return Preprocessing::kDefaultProcess;
    default: {
      constexpr absl::string_view kField = "scorer.preprocessing";
      constexpr absl::string_view kBound = "a Preprocessing that this server has";
      const std::string value = absl::StrCat(static_cast<int>(preprocessing));
      return MakeError(
          absl::StatusCode::kUnimplemented,
          {.reason = "UNIMPLEMENTED", .field = kField, .bound = kBound, .value = value},
          absl::StrCat(kField, " is ", value, ", expected ", kBound));
    }
  }
}

}  // namespace

absl::Status InScorer(absl::Status status) {
  const std::string field = ErrorField(status);
  if (absl::StartsWith(field, "parameters.")) {
    return WithField(std::move(status), absl::StrCat("scorer.", field));
  }
  return field == "result_type" ? WithField(std::move(status), "format.type") : status;
}

absl::StatusOr<BoundScorer> DecodeScorer(const v1::Scorer& scorer) {
  const absl::string_view name =
      scorer.name().empty() ? kDefaultScorer : absl::string_view(scorer.name());
  const absl::StatusOr<const Kernel*> kernel = FindScorer(name, "scorer.name");
  if (!kernel.ok()) return kernel.status();
  absl::StatusOr<std::vector<Parameter>> parameters =
      DecodeParameters(scorer.parameters(), **kernel);
  if (!parameters.ok()) return InScorer(parameters.status());
  const absl::StatusOr<Preprocessing> preprocessing = DecodePreprocessing(scorer.preprocessing());
  if (!preprocessing.ok()) return preprocessing.status();
  BoundScorer bound{*kernel,
                    {.parameters = *std::move(parameters), .preprocessing = *preprocessing}};
  if (scorer.has_score_cutoff()) bound.binding.score_cutoff = scorer.score_cutoff();
  if (scorer.has_score_hint()) bound.binding.score_hint = scorer.score_hint();
  return bound;
}

}  // namespace kernelserve::server

#include "server/cross/query_cutoffs.h"

#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "kernels/error.h"
#include "kernels/number_reader.h"
#include "kernels/text_scorer.h"

namespace kernelserve::server {

absl::Status ReadQueryCutoffs(CrossRequest* request, std::vector<double>* cutoffs) {
  if (!request->query_cutoffs) return absl::OkStatus();
  constexpr absl::string_view kField = "query_cutoffs";
  request->binding.score_cutoff.reset();
  const absl::StatusOr<std::unique_ptr<TextScorer>> any =
      request->kernel->bind_scorer(request->binding);
  if (!any.ok()) return InCrossOptions(any.status());
  const TextScorer& scorer = **any;
  const double none =
      (scorer.higher_is_better() ? -1 : 1) * std::numeric_limits<double>::infinity();

  NumberReader<double> reader(request->query_cutoffs->view, kField);
  std::optional<double> loosest;
  std::optional<double> strictest;
  bool all = true;
  for (size_t query = 0; query < request->queries.view.length; ++query) {
    double cutoff = none;
    const RowState state = reader.Read(query, &cutoff);
    if (state == RowState::kInvalid) return AtRow(reader.error(), query);
    if (state == RowState::kValue && std::isnan(cutoff)) {
      return AtRow(
          MakeError(
              absl::StatusCode::kOutOfRange,
              {.reason = "OUT_OF_RANGE", .field = kField, .bound = "a number", .value = "nan"},
              "query_cutoffs has nan, expected a number"),
          query);
    }
    if (state == RowState::kNull) cutoff = none;
    all &= state == RowState::kValue;
    if (state == RowState::kValue) {
      if (!loosest || scorer.IsBetter(*loosest, cutoff)) loosest = cutoff;
      if (!strictest || scorer.IsBetter(cutoff, *strictest)) strictest = cutoff;
    }
    cutoffs->push_back(cutoff);
  }
  // Those that the scorer would not take are the least and the greatest, if any.
  Binding binding = request->binding;
  for (const std::optional<double> cutoff : {strictest, loosest}) {
    binding.score_cutoff.reset();
    if (!cutoff || std::isinf(*cutoff)) continue;
    binding.score_cutoff = *cutoff;
    if (scorer.is_whole()) {
      binding.score_cutoff = scorer.higher_is_better() ? std::ceil(*cutoff) : std::floor(*cutoff);
    }
    const absl::Status status = request->kernel->bind_scorer(binding).status();
    if (!status.ok()) return WithField(status, kField);
  }
  // The loosest one holds for all, if there is one that lets not everything pass.
  if (all) request->binding.score_cutoff = binding.score_cutoff;
  return absl::OkStatus();
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SCORES_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SCORES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "kernels/kernel.h"
#include "kernels/string_distance/record_scoring.h"
#include "kernels/string_distance/record_side.h"
#include "kernels/text_scorer.h"

namespace kernelserve {

// What one column is scored by.
struct ScoredColumn {
  const Kernel* kernel;
  Binding binding;
  std::unique_ptr<TextScorer> scorer;  // without a cutoff
  double weight;
  double rest = 0;  // the best that the columns after this can add to a sum
};

// Scores pairs of records, as RecordScoring has it.
class RecordScores final : public BoundKernel {
 public:
  // Scores of `columns` are added in their order.
  RecordScores(std::vector<ScoredColumn> columns, RecordSide left, RecordSide right,
               const RecordScoring& scoring, const Binding& binding, DataType result_type);

  DataType result_type() const override { return result_type_; }
  uint64_t ResultBytesMax(size_t rows) const override { return rows * FixedWidth(result_type_); }

  uint64_t prepared_bytes() const override {
    return left_.PreparedBytesMax() + right_.PreparedBytesMax();
  }
  absl::Status Prepare(const StopToken& stop) override {
    absl::Status status = left_.Prepare(stop);
    return status.ok() ? right_.Prepare(stop) : status;
  }

  size_t TaskEnd(size_t begin, size_t rows, double budget_ns, double* cost_ns) const override;
  double CostNs(size_t rows) const override;
  absl::Status Run(size_t begin, size_t end, const StopToken& stop,
                   ResultBlock& out) const override;

 private:
  class Estimator;
  class Task;

  // What a column's score may be at best.
  double Best(const ScoredColumn& column) const;
  // Whether a pair with this sum can still pass, if what follows `column` is at its best.
  bool MayPass(const ScoredColumn& column, double sum) const;
  // A cutoff for a column: of pairs that have at best `sum` so far, none passes that is worse.
  std::optional<double> CutoffOf(const ScoredColumn& column, double sum) const;
  // Whether a mean is within the cutoff.
  bool Passes(double score) const;

  std::vector<ScoredColumn> columns_;
  RecordSide left_;
  RecordSide right_;
  const std::optional<double> score_cutoff_;
  const std::optional<double> null_score_;
  const bool higher_;
  const bool names_rows_;
  const RowErrorPolicy row_errors_;
  const DataType result_type_;
  std::vector<size_t> order_;  // of columns, from the greatest weight on
  double weight_ = 0;          // of all columns
  double wanted_ = 0;          // the cutoff as a sum
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_RECORD_SCORES_H_

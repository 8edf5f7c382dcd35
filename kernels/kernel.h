#ifndef KERNELSERVE_KERNELS_KERNEL_H_
#define KERNELSERVE_KERNELS_KERNEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/column.h"
#include "kernels/data_type.h"
#include "kernels/default_process.h"
#include "kernels/result_block.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/alignment.h"
#include "kernels/string_distance/editops.h"
#include "kernels/string_distance/pair_cost.h"
#include "kernels/text.h"
#include "kernels/text_scorer.h"

namespace kernelserve {

// A parameter's value: the same for every row of a call, unlike an argument. A list of numbers
// (the three weights of an edit distance) is a column, and so is
// one that an int64_t doesn't hold.
using ParameterValue = std::variant<std::monostate, int64_t, double, bool, std::string, ColumnView>;

struct Parameter {
  std::string name;
  ParameterValue value;
};

// Describes one argument or parameter.
struct Field {
  std::string name;
  DataType type = DataType::kUnspecified;  // what it is read as; any type that converts is taken
  std::string doc;
  ParameterValue default_value;       // monostate: an argument, or a parameter that may be absent
  std::vector<int64_t> default_list;  // where the default is a list of numbers
};

enum class RowErrorPolicy : uint8_t {
  kFail,  // the call fails and names the lowest row
  kNull,  // the row is null, and its reason is reported beside the results
};

// What whoever runs the kernels bounds, for all calls. A kernel whose Parameters have
// SetLimits(const KernelLimits&) keeps to it.
struct KernelLimits {
  uint64_t fibonacci_n_max = 1'000'000'000;  // of exact results: F(10^9) has 87 MB
};

// What one call fixes for all its rows.
struct Binding {
  std::vector<Parameter> parameters;
  std::optional<double> score_cutoff;                  // scorers only
  std::optional<double> score_hint;                    // scorers only
  Preprocessing preprocessing = Preprocessing::kNone;  // of texts; symbols are then refused
  DataType result_type = DataType::kUnspecified;       // the kernel's own where unspecified
  RowErrorPolicy row_errors = RowErrorPolicy::kFail;
  KernelLimits limits;
  bool names_rows = true;  // an error says which row it is about: not where there is but one
};

// A kernel with the parameters of one call, and the columns it runs over. Immutable once prepared:
// tasks on any number of threads call Run at the same time, each for its own rows.
class BoundKernel {
 public:
  virtual ~BoundKernel() = default;

  // The type of the results: Binding::result_type where that was given.
  virtual DataType result_type() const = 0;

  // Memory for tables that are prepared for this call, in bytes: an upper bound.
  virtual uint64_t prepared_bytes() const = 0;

  // Makes what takes so much memory that it waits for this to be granted. Once, before Run.
  virtual absl::Status Prepare(const StopToken& stop) { return absl::OkStatus(); }

  // An upper bound on the bytes of all results, in time linear in the rows.
  virtual uint64_t ResultBytesMax(size_t rows) const = 0;

  // Where a task should end that begins at row `begin`, to take about `budget_ns` on one core:
  // over `begin`, at most `rows`. Sets *cost_ns to the estimate for it. Costs are sampled, at rows
  // that a sender can't foresee, so one row among many can be dearer than the estimate says, and
  // few tasks many times so: account for the time that was spent.
  virtual size_t TaskEnd(size_t begin, size_t rows, double budget_ns, double* cost_ns) const = 0;

  // An estimate for all rows, from at most a few thousand samples.
  virtual double CostNs(size_t rows) const = 0;

  // Appends the results of rows [begin, end). An error ends the call; under RowErrorPolicy::kNull a
  // row's own error becomes a null instead. Returns early, with any status, once `stop` is set.
  virtual absl::Status Run(size_t begin, size_t end, const StopToken& stop,
                           ResultBlock& out) const = 0;
};

// What a scorer can tell of one pair beyond its score. Empty where it can't.
template <typename Result>
struct PairFunction {
  // Of the binding, parameters and the cutoff count: errors as of Kernel::bind, and of the pair.
  // Returns any result once stopped.
  std::function<absl::StatusOr<Result>(const Binding& binding, Text left, Text right,
                                       StopToken stop)>
      run;
  std::function<PairCost(size_t left_units, size_t right_units)> cost;

  explicit operator bool() const { return run != nullptr; }
};

// One row of the catalog: a kernel computes one result from one value of each argument.
struct Kernel {
  std::string name;
  std::string doc;
  std::vector<Field> arguments;
  std::vector<Field> parameters;
  std::vector<DataType> results;  // the types that it can give; the first is its own
  bool scorer = false;     // two texts to a score: Compare, Pairwise, Cdist, TopK and Join take it
  bool symmetric = false;  // with default parameters, f(a, b) = f(b, a)
  bool fallible = false;   // single rows can fail

  // Binds to `columns` (one for each argument, in order, alive and unchanged in place as long as
  // the result; each has passed ValidateLayout). Errors name the parameter or argument.
  std::function<absl::StatusOr<std::unique_ptr<BoundKernel>>(const Binding& binding,
                                                             std::span<const ColumnView> columns)>
      bind;

  // A scorer over texts that are at hand: what Cdist, TopK and Join compare queries with choices
  // by.
  std::function<absl::StatusOr<std::unique_ptr<TextScorer>>(const Binding& binding)> bind_scorer;

  // The least edits from left to right, where the scorer is of a metric that has such.
  PairFunction<Editops> editops;

  // Which parts of the texts fit best, where the scorer compares parts; nullopt where they score
  // worse than the cutoff.
  PairFunction<std::optional<Alignment>> align;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_KERNEL_H_

#include "kernels/null.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "kernels/define.h"

namespace kernelserve {
namespace {

class BoundNull final : public BoundKernel {
 public:
  explicit BoundNull(DataType type) : type_(type) {}

  DataType result_type() const override { return type_; }
  uint64_t prepared_bytes() const override { return 0; }
  uint64_t ResultBytesMax(size_t rows) const override { return rows * FixedWidth(type_); }
  size_t TaskEnd(size_t begin, size_t rows, double budget_ns, double* cost_ns) const override {
    const size_t end = begin + std::min(rows - begin, static_cast<size_t>(budget_ns));
    *cost_ns = static_cast<double>(end - begin);
    return end;
  }
  double CostNs(size_t rows) const override { return static_cast<double>(rows); }
  absl::Status Run(size_t begin, size_t end, const StopToken& stop,
                   ResultBlock& out) const override {
    static constexpr std::array<int64_t, 1024> kZeros = {};
    for (size_t row = begin; row < end; row += kZeros.size()) {
      out.Append(std::span<const int64_t>(kZeros).first(std::min(kZeros.size(), end - row)));
    }
    return absl::OkStatus();
  }

 private:
  const DataType type_;
};

class NullScorer final : public TextScorer {
 public:
  bool is_whole() const override { return true; }
  bool higher_is_better() const override { return false; }
  std::optional<double> cutoff() const override { return std::nullopt; }
  double worst() const override { return 0; }
  double best() const override { return 0; }
  bool IsSymmetric() const override { return true; }
  bool ChecksPairs() const override { return false; }
  absl::Status CheckPair(Text, Text) const override { return absl::OkStatus(); }
  std::unique_ptr<Query> Prepare(Text) const override { return std::make_unique<NullQuery>(); }
  void ScorePairs(std::span<const Text>, std::span<const Text>, const StopToken&,
                  std::span<double> scores) const override {
    std::fill(scores.begin(), scores.end(), 0);
  }
  double CostNs(size_t, size_t) const override { return 1; }
  bool HasBound() const override { return false; }
  double Bound(size_t, size_t, size_t) const override { return 0; }
  bool HasCross() const override { return false; }
  void Cross(std::span<const Text>, const SortedTexts&, const StopToken&,
             const Emit&) const override {}

 private:
  class NullQuery final : public Query {
   public:
    void Score(std::span<const Text>, std::optional<double>, const StopToken&,
               std::span<double> scores) const override {
      std::fill(scores.begin(), scores.end(), 0);
    }
  };
};

}  // namespace

Kernel NullKernel(std::string name, std::string doc) {
  return {
      .name = name,
      .doc = std::move(doc),
      .arguments = {{.name = "left", .type = DataType::kUtf8},
                    {.name = "right", .type = DataType::kUtf8}},
      .results = {std::begin(kWholeScoreTypes), std::end(kWholeScoreTypes)},
      .scorer = true,
      .symmetric = true,
      .bind = [name](const Binding& binding,
                     std::span<const ColumnView>) -> absl::StatusOr<std::unique_ptr<BoundKernel>> {
        const absl::StatusOr<DataType> type =
            define_internal::ResultTypeOf(name, kWholeScoreTypes, binding.result_type);
        if (!type.ok()) return type.status();
        return std::make_unique<BoundNull>(*type);
      },
      .bind_scorer = [](const Binding&) -> absl::StatusOr<std::unique_ptr<TextScorer>> {
        return std::make_unique<NullScorer>();
      },
  };
}

}  // namespace kernelserve

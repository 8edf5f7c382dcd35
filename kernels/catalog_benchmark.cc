// Every scorer of the catalog over random pairs of several sizes, and what its Cost says a pair
// takes. `--benchmark_filter=osa.distance` has one of them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "kernels/catalog.h"
#include "kernels/column.h"
#include "kernels/result_block.h"
#include "kernels/stop_token.h"

namespace kernelserve {
namespace {

constexpr size_t kPairsMax = 1024;
// Of one run over the pairs, where these are not one.
constexpr size_t kCellsMax = size_t{1} << 22;

// A column of random texts of lower-case letters, all of one size, in words of four to eight.
class Texts {
 public:
  Texts(uint32_t seed, size_t size, size_t count) {
    std::mt19937 random(seed);
    for (size_t row = 0; row < count; ++row) {
      size_t word_end = 4 + random() % 5;
      for (size_t i = 0; i < size; ++i) {
        const bool between = i == word_end && i + 1 < size;
        bytes_ += between ? ' ' : static_cast<char>('a' + random() % 26);
        if (between) word_end += 5 + random() % 5;
      }
      offsets_.push_back(static_cast<int32_t>(bytes_.size()));
    }
  }

  ColumnView column() const {
    return {.type = DataType::kUtf8,
            .length = offsets_.size() - 1,
            .offsets = {reinterpret_cast<const uint8_t*>(offsets_.data()), offsets_.size() * 4},
            .values = {reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()}};
  }

 private:
  std::vector<int32_t> offsets_ = {0};
  std::string bytes_;
};

void Score(benchmark::State& state, const Kernel& kernel) {
  const auto size = static_cast<size_t>(state.range(0));
  const size_t pairs = std::clamp<size_t>(kCellsMax / (size * size), 1, kPairsMax);
  const Texts left(1, size, pairs);
  const Texts right(2, size, pairs);
  const std::vector<ColumnView> columns = {left.column(), right.column()};
  const auto bound = kernel.bind({}, columns);
  if (!bound.ok()) return state.SkipWithError(bound.status().ToString().c_str());
  for (auto _ : state) {
    ResultBlock block((*bound)->result_type(), pairs);
    const absl::Status status = (*bound)->Run(0, pairs, StopToken(), block);
    if (!status.ok()) return state.SkipWithError(status.ToString().c_str());
    benchmark::DoNotOptimize(block.values().data());
  }
  using benchmark::Counter;
  state.counters["pair_s"] =
      Counter(static_cast<double>(pairs), Counter::kIsIterationInvariantRate | Counter::kInvert);
  state.counters["estimate_s"] = 1e-9 * (*bound)->CostNs(pairs) / static_cast<double>(pairs);
}

// Before main, as BENCHMARK does it: the catalog says which there are.
const bool kRegistered = [] {
  for (const Kernel& kernel : Catalog()) {
    if (!kernel.scorer) continue;
    benchmark::RegisterBenchmark(kernel.name.c_str(), Score, kernel)
        ->MinTime(0.02)
        ->RangeMultiplier(4)
        ->Range(4, 1024);
  }
  return true;
}();

}  // namespace
}  // namespace kernelserve

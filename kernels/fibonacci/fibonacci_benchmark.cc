#include <cstdint>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "kernels/fibonacci/fibonacci.h"

namespace kernelserve {
namespace {

// The counter is FibonacciMagnitudeCostNs, to be held against the time.
void Magnitude(benchmark::State& state) {
  const auto n = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    auto magnitude = FibonacciMagnitude(n);
    benchmark::DoNotOptimize(magnitude);
  }
  state.counters["estimate_ns"] = static_cast<double>(FibonacciMagnitudeCostNs(n));
}
BENCHMARK(Magnitude)->RangeMultiplier(10)->Range(1, 100'000'000);

void Modulo(benchmark::State& state) {
  uint64_t n = 0xFFFFFFFFFFFF0000;
  for (auto _ : state) {
    auto residue = FibonacciModulo(n++, 18446744073709551557u);
    benchmark::DoNotOptimize(residue);
  }
}
BENCHMARK(Modulo);

void Column(benchmark::State& state) {
  std::vector<uint64_t> n(4096);
  for (size_t i = 0; i < n.size(); ++i) n[i] = i % 94;
  std::vector<uint64_t> out(n.size());
  std::vector<size_t> overflow_rows;
  for (auto _ : state) {
    FibonacciBlock(n, out, &overflow_rows);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(n.size()));
}
BENCHMARK(Column);

void MagnitudeTerms(benchmark::State& state) {
  auto terms = FibonacciTerms::Make(static_cast<uint64_t>(state.range(0)));
  std::string magnitudes;
  for (auto _ : state) {
    magnitudes.clear();
    terms->AppendMagnitude(&magnitudes);
    benchmark::DoNotOptimize(magnitudes.data());
  }
  state.counters["estimate_ns"] =
      static_cast<double>(FibonacciTermCostNs(static_cast<uint64_t>(state.range(0))));
}
// Few iterations: each is one term further.
BENCHMARK(MagnitudeTerms)->Arg(100)->Arg(10'000)->Arg(1'000'000)->Iterations(1000);

void ModuloTerms(benchmark::State& state) {
  auto terms = FibonacciModuloTerms::Make(1, 1'000'000'007);
  std::vector<uint64_t> out(4096);
  for (auto _ : state) {
    terms->Next(out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(out.size()));
}
BENCHMARK(ModuloTerms);

}  // namespace
}  // namespace kernelserve

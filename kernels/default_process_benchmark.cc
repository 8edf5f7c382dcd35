#include <cstddef>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "kernels/default_process.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

// Texts of state.range(0) units on average, capitals and punctuation among them.
void ProcessTexts(benchmark::State& state, uint32_t first_unit) {
  constexpr size_t kTexts = 1000;
  RandomText random(6);
  std::vector<OwnedText> texts;
  texts.reserve(kTexts);
  const auto size = static_cast<uint32_t>(state.range(0));
  for (size_t i = 0; i < kTexts; ++i) {
    Units units(size / 2 + random.Below(size));
    for (uint32_t& unit : units) unit = first_unit + random.Below(90);
    texts.emplace_back(units);
  }
  std::vector<uint32_t> memory(2 * size);
  for (auto _ : state) {
    for (const OwnedText& owned : texts) {
      Text processed = DefaultProcess(owned.text(), memory.data());
      benchmark::DoNotOptimize(processed);
    }
  }
  state.SetItemsProcessed(state.iterations() * kTexts);
}
BENCHMARK_CAPTURE(ProcessTexts, ascii, 0x20)->Arg(9)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(ProcessTexts, cyrillic, 0x400)->Arg(9)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(ProcessTexts, deseret, 0x10400)->Arg(9)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace kernelserve

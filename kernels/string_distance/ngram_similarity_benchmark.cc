#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/ngram_similarity.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::Units;

constexpr size_t kPairs = 1024;

// Texts of `size` units, a quarter more or less, of 26 letters from `first` on.
std::vector<OwnedText> Texts(size_t size, uint32_t first, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<OwnedText> texts;
  for (size_t i = 0; i < kPairs; ++i) {
    Units units(size - size / 4 + random() % (size / 2 + 1));
    for (uint32_t& unit : units) unit = first + random() % 26;
    texts.emplace_back(units);
  }
  return texts;
}

void BM_Ngrams(benchmark::State& state, uint32_t first) {
  const auto size = static_cast<size_t>(state.range(0));
  const auto n = static_cast<size_t>(state.range(1));
  const std::vector<OwnedText> owned_left = Texts(size, first, 1);
  const std::vector<OwnedText> owned_right = Texts(size, first, 2);
  std::vector<Text> left;
  std::vector<Text> right;
  for (const OwnedText& text : owned_left) left.push_back(text.text());
  for (const OwnedText& text : owned_right) right.push_back(text.text());
  const size_t pairs = size > 1000 ? 8 : kPairs;
  std::vector<double> out(pairs);
  for (auto _ : state) {
    NgramBlock(TextColumn(left), std::span(right).first(pairs), n, NgramCoefficient::kJaccard, out,
               {});
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(pairs));
  state.counters["estimate_ns"] = NgramCostNs(size, size, n) * static_cast<double>(pairs);
}
BENCHMARK_CAPTURE(BM_Ngrams, ascii, 'a')->ArgsProduct({{9, 30, 60, 90, 200, 100'000}, {2, 3, 12}});
BENCHMARK_CAPTURE(BM_Ngrams, cjk, 0x4E00)->ArgsProduct({{9, 30}, {2, 3}});

}  // namespace
}  // namespace kernelserve

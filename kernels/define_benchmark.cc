// What it costs to bring rows to a kernel: columns in, texts out, results stored. Words of
// Debian's wamerican-huge would do; made-up ones of the same lengths need no package.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "kernels/define.h"

namespace kernelserve {
namespace {

constexpr size_t kRows = 100'000;

struct SizeDifference {
  static int64_t Run(Text a, Text b, const StopToken&) {
    return static_cast<int64_t>(a.size()) - static_cast<int64_t>(b.size());
  }
  static void RunBlock(std::span<const Text> a, std::span<const Text> b, const StopToken& stop,
                       std::span<int64_t> out) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = Run(a[i], b[i], stop);
  }
  static constexpr DataType kResults[] = {DataType::kInt32};
};

// Words of 3 to 15 letters, of which one in `accented` (0: none) has an é.
struct Words {
  Words(uint32_t seed, uint32_t accented) {
    std::mt19937 random(seed);
    offsets.push_back(0);
    for (size_t row = 0; row < kRows; ++row) {
      std::string word;
      const size_t size = 3 + random() % 13;
      for (size_t i = 0; i < size; ++i) word.push_back(static_cast<char>('a' + random() % 26));
      if (accented != 0 && random() % accented == 0) word += "é";
      AppendView(word);
      bytes += word;
      offsets.push_back(static_cast<int32_t>(bytes.size()));
    }
  }
  void AppendView(const std::string& word) {
    uint8_t view[16] = {};
    const int32_t size = static_cast<int32_t>(word.size());
    std::memcpy(view, &size, 4);
    if (size <= 12) {
      std::memcpy(view + 4, word.data(), word.size());
    } else {
      const int32_t offset = static_cast<int32_t>(bytes.size());
      std::memcpy(view + 12, &offset, 4);
    }
    views.insert(views.end(), view, view + 16);
  }
  ColumnView Offsets() const {
    return {.type = DataType::kUtf8,
            .length = kRows,
            .offsets = {reinterpret_cast<const uint8_t*>(offsets.data()), offsets.size() * 4},
            .values = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}};
  }
  ColumnView Views() const {
    return {.type = DataType::kUtf8View,
            .length = kRows,
            .values = views,
            .view_buffers = {{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}}};
  }
  std::vector<int32_t> offsets;
  std::string bytes;
  std::vector<uint8_t> views;
};

void Run(benchmark::State& state, const ColumnView& left, const ColumnView& right) {
  const Kernel kernel = Define<SizeDifference>("size_difference", {"left", "right"}, "");
  const std::vector<ColumnView> columns = {left, right};
  const auto bound = kernel.bind({}, columns);
  for (auto _ : state) {
    ResultBlock block(DataType::kInt32, kRows);
    const absl::Status status = (*bound)->Run(0, kRows, StopToken(), block);
    if (!status.ok()) state.SkipWithError(status.ToString().c_str());
    benchmark::DoNotOptimize(block.values().data());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kRows));
}

void BM_Offsets(benchmark::State& state) {
  const Words left(1, static_cast<uint32_t>(state.range(0)));
  const Words right(2, static_cast<uint32_t>(state.range(0)));
  Run(state, left.Offsets(), right.Offsets());
}
BENCHMARK(BM_Offsets)->ArgName("accented_one_in")->Arg(0)->Arg(1);

void BM_Views(benchmark::State& state) {
  const Words left(1, static_cast<uint32_t>(state.range(0)));
  const Words right(2, static_cast<uint32_t>(state.range(0)));
  Run(state, left.Views(), right.Views());
}
BENCHMARK(BM_Views)->ArgName("accented_one_in")->Arg(0)->Arg(1);

}  // namespace
}  // namespace kernelserve

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "kernels/reference/utf8.h"
#include "kernels/text.h"

namespace kernelserve {
namespace {

// Texts of 4 to 14 code points, one in `rarity` of which is from [first, first + count).
std::vector<std::string> ShortTexts(uint32_t first, uint32_t count, uint32_t rarity) {
  std::mt19937 random(1);
  std::vector<std::string> texts(1 << 14);
  for (std::string& text : texts) {
    std::vector<uint32_t> code_points(4 + random() % 11);
    for (uint32_t& c : code_points) {
      c = random() % rarity == 0 ? first + random() % count : 'a' + random() % 26;
    }
    text = reference::EncodeUtf8(code_points);
  }
  return texts;
}

void DecodeShort(benchmark::State& state, uint32_t first, uint32_t count, uint32_t rarity) {
  const std::vector<std::string> texts = ShortTexts(first, count, rarity);
  Utf8Decoder decoder;
  Text text;
  for (auto _ : state) {
    for (const std::string& utf8 : texts) {
      bool valid = decoder.Decode(utf8, &text);
      benchmark::DoNotOptimize(valid);
      benchmark::DoNotOptimize(text);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(texts.size()));
}
BENCHMARK_CAPTURE(DecodeShort, ascii, 'a', 26, 1);
BENCHMARK_CAPTURE(DecodeShort, latin1_rare, 0xE0, 32, 6);
BENCHMARK_CAPTURE(DecodeShort, latin1, 0xC0, 64, 1);
BENCHMARK_CAPTURE(DecodeShort, cyrillic, 0x430, 32, 1);
BENCHMARK_CAPTURE(DecodeShort, cjk, 0x4E00, 20000, 1);
BENCHMARK_CAPTURE(DecodeShort, cjk_mixed, 0x4E00, 20000, 2);
BENCHMARK_CAPTURE(DecodeShort, emoji, 0x1F600, 80, 3);

void DecodeLong(benchmark::State& state, uint32_t first, uint32_t count, uint32_t rarity) {
  std::mt19937 random(1);
  std::vector<uint32_t> code_points(1 << 20);
  for (uint32_t& c : code_points) {
    c = random() % rarity == 0 ? first + random() % count : 'a' + random() % 26;
  }
  const std::string utf8 = reference::EncodeUtf8(code_points);
  Utf8Decoder decoder;
  Text text;
  for (auto _ : state) {
    bool valid = decoder.Decode(utf8, &text);
    benchmark::DoNotOptimize(valid);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(utf8.size()));
}
BENCHMARK_CAPTURE(DecodeLong, latin1_rare, 0xE0, 32, 50);
BENCHMARK_CAPTURE(DecodeLong, cjk, 0x4E00, 20000, 1);

void IsAsciiOf(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'a');
  for (auto _ : state) {
    bool ascii = IsAscii(bytes);
    benchmark::DoNotOptimize(ascii);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(IsAsciiOf)->Arg(7)->Arg(20)->Arg(1000)->Arg(1 << 16);

}  // namespace
}  // namespace kernelserve

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "kernels/reference/random_text.h"
#include "kernels/string_distance/levenshtein.h"
#include "kernels/string_distance/levenshtein_editops.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

constexpr size_t kBlockPairs = 1024;
constexpr const char* kDictionary =
    "/usr/share/dict/american-english-huge";  // Debian: wamerican-huge

// Random pairs of a text column, and a block of them at a time.
class Pairs {
 public:
  explicit Pairs(std::vector<Units> texts) {
    std::mt19937 random(1);
    for (const Units& text : texts) owned_.emplace_back(text);
    const size_t pairs = 16 * kBlockPairs;
    for (size_t i = 0; i < pairs; ++i) {
      left_.push_back(owned_[random() % owned_.size()].text());
      right_.push_back(owned_[random() % owned_.size()].text());
    }
  }

  void Run(benchmark::State& state, const LevenshteinOptions& options) const {
    std::vector<int64_t> out(kBlockPairs);
    size_t at = 0;
    for (auto _ : state) {
      LevenshteinBlock(std::span(left_).subspan(at, kBlockPairs),
                       std::span(right_).subspan(at, kBlockPairs), options, {}, out);
      benchmark::DoNotOptimize(out.data());
      at = (at + kBlockPairs) % left_.size();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBlockPairs));
    state.counters["estimate_ns"] =
        static_cast<double>(LevenshteinCostNs(left_[0].size(), right_[0].size(), options)) *
        kBlockPairs;
  }

 private:
  std::vector<OwnedText> owned_;
  std::vector<Text> left_;
  std::vector<Text> right_;
};

// Units of dictionary words, with every letter moved up by `offset`; every third letter only where
// that is what `mixed` says.
std::vector<Units> Words(uint32_t offset, bool mixed) {
  std::vector<Units> words;
  std::ifstream file(kDictionary);
  for (std::string word; std::getline(file, word);) {
    Units units;
    for (size_t i = 0; i < word.size(); ++i) {
      units.push_back(static_cast<uint8_t>(word[i]) + (mixed && i % 3 != 0 ? 0 : offset));
    }
    words.push_back(units);
  }
  return words;
}

void DictionaryWords(benchmark::State& state, uint32_t offset, bool mixed) {
  std::vector<Units> words = Words(offset, mixed);
  if (words.empty()) return state.SkipWithError("no word list: apt-get install wamerican-huge");
  Pairs(std::move(words)).Run(state, {});
}
BENCHMARK_CAPTURE(DictionaryWords, ascii, 0, false);
BENCHMARK_CAPTURE(DictionaryWords, cjk, 0x4E00, false);
BENCHMARK_CAPTURE(DictionaryWords, emoji_mixed, 0x1F600, true);

void DictionaryWordsPrepared(benchmark::State& state) {
  std::vector<OwnedText> owned;
  std::vector<Text> choices;
  for (const Units& word : Words(0, false)) owned.emplace_back(word);
  for (const OwnedText& word : owned) choices.push_back(word.text());
  if (choices.empty()) return state.SkipWithError("no word list: apt-get install wamerican-huge");
  const PreparedLevenshtein query(Text("serving"), {});
  std::vector<int64_t> out(choices.size());
  for (auto _ : state) {
    query.Block(choices, LevenshteinOptions::kNone, LevenshteinOptions::kNone, {}, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(choices.size()));
}
BENCHMARK(DictionaryWordsPrepared);

// Texts of one size over lower-case letters, unrelated.
void Unrelated(benchmark::State& state, LevenshteinOptions options) {
  std::mt19937 random(2);
  std::vector<Units> texts(64, Units(static_cast<size_t>(state.range(0))));
  for (Units& text : texts) {
    for (uint32_t& unit : text) unit = 'a' + random() % 26;
  }
  Pairs(std::move(texts)).Run(state, options);
}
BENCHMARK_CAPTURE(Unrelated, uniform, LevenshteinOptions())->RangeMultiplier(2)->Range(4, 1024);
BENCHMARK_CAPTURE(Unrelated, cutoff_3, LevenshteinOptions{.score_cutoff = 3})->Arg(16)->Arg(256);
BENCHMARK_CAPTURE(Unrelated, indel, LevenshteinOptions{.weights = {1, 1, 2}})->Arg(16)->Arg(256);
BENCHMARK_CAPTURE(Unrelated, general, LevenshteinOptions{.weights = {2, 3, 4}})->Arg(16)->Arg(256);

// One pair of long texts, one of which has a tenth of the other's units edited.
void LongPair(benchmark::State& state, int64_t score_cutoff) {
  RandomText random(3);
  const Units left = random.Make(static_cast<size_t>(state.range(0)));
  const Units right = random.Edit(left, left.size() / 10);
  const OwnedText a(left);
  const OwnedText b(right);
  for (auto _ : state) {
    int64_t distance = LevenshteinDistance(a.text(), b.text(), {.score_cutoff = score_cutoff});
    benchmark::DoNotOptimize(distance);
  }
}
BENCHMARK_CAPTURE(LongPair, no_cutoff, LevenshteinOptions::kNone)->Range(128, 1 << 14);
BENCHMARK_CAPTURE(LongPair, cutoff_8, 8)->Range(128, 1 << 14);

void EditopsOfPair(benchmark::State& state) {
  RandomText random(4);
  const Units left = random.Make(static_cast<size_t>(state.range(0)));
  const OwnedText a(left);
  const OwnedText b(random.Edit(left, left.size() / 5));
  for (auto _ : state) {
    Editops script = LevenshteinEditops(a.text(), b.text());
    benchmark::DoNotOptimize(script);
  }
  state.counters["estimate_ns"] = LevenshteinEditopsCost(a.text().size(), b.text().size()).ns;
}
BENCHMARK(EditopsOfPair)->Range(8, 1 << 14);

}  // namespace
}  // namespace kernelserve

// Every scorer of the catalog in each of its shapes: one pair, a block of pairs, a text prepared
// for a block of others, queries by choices. All of them give a pair the same score; that of the
// plain distances is the reference's.
//
// Input: a byte that picks the scorer, one of the queries' width and alphabet, one of the choices'
// width, one of the cutoff. Then the texts, each a byte of how many there are of it and its bytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/catalog.h"
#include "kernels/reference/distances.h"
#include "kernels/reference/fuzz_texts.h"
#include "kernels/reference/levenshtein.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/utf8.h"
#include "kernels/result_block.h"
#include "kernels/string_distance/cross.h"

namespace kernelserve {
namespace {

using reference::Check;
using reference::Units;

constexpr size_t kHeaderBytes = 4;
constexpr size_t kTextsMax = 40;
constexpr size_t kUnitsMax = 200;
// Of the texts, the first so many are queries; all are choices.
constexpr size_t kQueriesMax = 6;

const std::vector<const Kernel*>& Scorers() {
  static const auto* const scorers = [] {
    auto* all = new std::vector<const Kernel*>;
    for (const Kernel& kernel : Catalog()) {
      if (kernel.scorer) all->push_back(&kernel);
    }
    return all;
  }();
  return *scorers;
}

// Texts as a column of UTF-8.
class Utf8Column {
 public:
  void Append(const Units& units) {
    bytes_ += reference::EncodeUtf8(units);
    offsets_.push_back(static_cast<int32_t>(bytes_.size()));
  }
  ColumnView view() const {
    return {.type = DataType::kUtf8,
            .length = offsets_.size() - 1,
            .offsets = {reinterpret_cast<const uint8_t*>(offsets_.data()), offsets_.size() * 4},
            .values = {reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()}};
  }

 private:
  std::string bytes_;
  std::vector<int32_t> offsets_ = {0};
};

std::vector<double> Numbers(const ResultBlock& block) {
  std::vector<double> numbers;
  for (size_t i = 0; i < block.rows(); ++i) {
    if (block.type() == DataType::kFloat64) {
      double number;
      std::memcpy(&number, block.values().data() + i * sizeof(number), sizeof(number));
      numbers.push_back(number);
    } else {
      Check(block.type() == DataType::kInt32);
      int32_t number;
      std::memcpy(&number, block.values().data() + i * sizeof(number), sizeof(number));
      numbers.push_back(number);
    }
  }
  return numbers;
}

// Rows [begin, end) at once.
std::vector<double> Run(const BoundKernel& bound, size_t begin, size_t end) {
  ResultBlock block(bound.result_type(), end - begin);
  Check(bound.Run(begin, end, {}, block).ok());
  Check(block.null_count() == 0);
  return Numbers(block);
}

std::optional<int64_t> ReferenceDistance(const std::string& scorer, const Units& left,
                                         const Units& right) {
  if (scorer == "levenshtein.distance") return reference::LevenshteinDistance(left, right);
  if (scorer == "damerau_levenshtein.distance") {
    return reference::DamerauLevenshteinDistance(left, right);
  }
  if (scorer == "osa.distance") return reference::OsaDistance(left, right);
  if (scorer == "indel.distance") return reference::IndelDistance(left, right);
  if (scorer == "lcs_seq.distance") return reference::LcsSeqDistance(left, right);
  if (scorer == "hamming.distance") return reference::HammingDistance(left, right);
  if (scorer == "prefix.distance") return reference::PrefixDistance(left, right);
  if (scorer == "postfix.distance") return reference::PostfixDistance(left, right);
  return std::nullopt;
}

using Tuples = std::vector<std::tuple<uint32_t, uint32_t, double>>;
Tuples TuplesOf(const std::vector<Match>& matches) {
  Tuples tuples;
  for (const Match& match : matches) tuples.emplace_back(match.query, match.choice, match.score);
  return tuples;
}

// What comparing each pair gives, scores[q * choices + c], against what all of them together do.
void CheckCross(const Kernel& kernel, const Binding& binding, const std::vector<Text>& queries,
                const std::vector<Text>& choices, const std::vector<double>& scores) {
  const auto scorer = kernel.bind_scorer(binding);
  Check(scorer.ok());
  const TextScorer& by = **scorer;
  const auto passes = [&](double score) {
    return !by.cutoff() || !by.IsBetter(*by.cutoff(), score);
  };
  Tuples all;
  for (uint32_t q = 0; q < queries.size(); ++q) {
    const auto row = std::span(scores).subspan(q * choices.size(), choices.size());
    std::vector<double> prepared(choices.size());
    by.Prepare(queries[q])->Score(choices, std::nullopt, {}, prepared);
    Check(std::equal(row.begin(), row.end(), prepared.begin()));
    for (uint32_t c = 0; c < choices.size(); ++c) {
      if (passes(row[c])) all.emplace_back(q, c, row[c]);
    }
  }
  const Texts query_texts(queries);
  const Choices prepared{Texts(choices)};
  const Cross cross(by, query_texts, prepared);
  ScoreMatrix matrix(DataType::kFloat64, queries.size(), choices.size());
  Check(cross.Scores(0, queries.size(), {}, &matrix).ok());
  std::vector<Match> found;
  Check(cross.Matches(0, queries.size(), /*symmetric=*/false, {}, &found).ok());
  Check(TuplesOf(found) == all);
  for (size_t i = 0; i < scores.size(); ++i) {
    double score;
    std::memcpy(&score, matrix.values().data() + i * sizeof(score), sizeof(score));
    Check(score == (passes(scores[i]) ? scores[i] : by.worst()));
  }

  constexpr size_t kBest = 3;
  std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    if (std::get<0>(a) != std::get<0>(b)) return std::get<0>(a) < std::get<0>(b);
    return by.IsBetter(std::get<2>(a), std::get<2>(b));
  });
  Tuples best;
  for (const auto& match : all) {
    const auto of_query = [&](const auto& other) {
      return std::get<0>(other) == std::get<0>(match);
    };
    if (std::count_if(best.begin(), best.end(), of_query) < static_cast<ptrdiff_t>(kBest)) {
      best.push_back(match);
    }
  }
  found.clear();
  Check(cross.TopK(0, queries.size(), kBest, {}, {}, &found).ok());
  Check(TuplesOf(found) == best);
}

// Bits 0 to 5 of `byte` are the cutoff, of at most half the scores that there are; 63 is none.
std::optional<double> CutoffOf(const Kernel& kernel, uint8_t byte) {
  const int part = byte & 63;
  if (part == 63) return std::nullopt;
  if (kernel.name.starts_with("fuzz.")) return part * 100.0 / 62;
  if (kernel.results.front() == DataType::kInt32) return part;
  return part / 62.0;
}

void Fuzz(const uint8_t* data, size_t size) {
  const Kernel& kernel = *Scorers()[data[0] % Scorers().size()];
  const auto query_alphabet = reference::FuzzAlphabet::Of(data[1]);
  auto choice_alphabet = reference::FuzzAlphabet::Of(data[2]);
  choice_alphabet.size = query_alphabet.size;
  Binding binding;
  binding.score_cutoff = CutoffOf(kernel, data[3]);

  std::vector<Units> texts;
  std::span<const uint8_t> rest(data + kHeaderBytes, size - kHeaderBytes);
  while (!rest.empty() && texts.size() < kTextsMax) {
    const size_t count = std::min({size_t{rest[0]}, rest.size() - 1, kUnitsMax});
    const auto& alphabet = texts.size() < kQueriesMax ? query_alphabet : choice_alphabet;
    texts.push_back(reference::FuzzText(rest.subspan(1, count), alphabet));
    rest = rest.subspan(1 + count);
  }
  if (texts.empty()) return;
  std::vector<reference::OwnedText> owned;
  for (const Units& text : texts) owned.emplace_back(text);
  std::vector<Text> choices;
  for (const reference::OwnedText& text : owned) choices.push_back(text.text());
  const std::vector<Text> queries(
      choices.begin(),
      choices.begin() + static_cast<ptrdiff_t>(std::min(kQueriesMax, choices.size())));

  Utf8Column left;
  Utf8Column right;
  for (size_t q = 0; q < queries.size(); ++q) {
    for (size_t c = 0; c < choices.size(); ++c) {
      left.Append(texts[q]);
      right.Append(texts[c]);
    }
  }
  const std::vector<ColumnView> columns = {left.view(), right.view()};
  const auto bound = kernel.bind(binding, columns);
  Check(bound.ok());
  const size_t pairs = queries.size() * choices.size();
  const std::vector<double> scores = Run(**bound, 0, pairs);
  for (size_t i = 0; i < pairs; ++i) {
    Check(Run(**bound, i, i + 1).front() == scores[i]);
    const auto distance =
        ReferenceDistance(kernel.name, texts[i / choices.size()], texts[i % choices.size()]);
    if (!distance) continue;
    Check(scores[i] == (binding.score_cutoff && *distance > *binding.score_cutoff
                            ? *binding.score_cutoff + 1
                            : static_cast<double>(*distance)));
  }
  CheckCross(kernel, binding, queries, choices, scores);
}

}  // namespace
}  // namespace kernelserve

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= kernelserve::kHeaderBytes) kernelserve::Fuzz(data, size);
  return 0;
}

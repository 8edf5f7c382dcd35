// Times our kernels and rapidfuzz-cpp over the same texts, in turn, on one thread.
//
//   kernel_race ROUNDS CONTENDER CONTENDER SCORER...
//
// A CONTENDER is KIND:FILE, the file in UTF-8 with a text a line, left and right in turn. KIND is
// kernelserve or rapidfuzz, for pairs of left and right; kernelserve_cross or rapidfuzz_cross, for
// the first 2,000 of left with each of right; or kernelserve_cutoff, for the same with a
// score_cutoff of 2. For each SCORER of the catalog, a line of JSON goes to standard output: the
// nanoseconds of processor time that a score took in each round, of both, and the place of the
// first score, if any, that differs. Where one does although both have the same file, nothing is
// timed.
//
// Pairs go in heats of so many as a core's cache holds, each with all its rounds, after one that
// is not timed: both find the texts in the cache, as on the server, which has just read them.

#include "tests/bench/kernel_race.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kernels/text.h"

namespace kernelserve {
namespace {

// The texts of a file, side by side in memory as those of a column are.
class PairFile {
 public:
  bool Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return false;
    std::stringstream bytes;
    bytes << file.rdbuf();
    utf8_ = bytes.str();
    // Units take at most four times the bytes, and 3 more to begin where their width asks for.
    units_ = std::make_unique<std::byte[]>(8 * utf8_.size() + 8);
    size_t used = 0;
    bool is_left = true;
    for (size_t begin = 0; begin < utf8_.size();) {
      const size_t end = utf8_.find('\n', begin);
      if (end == std::string::npos) return false;
      Text text;
      if (!decoder_.Decode(std::string_view(utf8_).substr(begin, end - begin), &text)) return false;
      (is_left ? pairs_.left : pairs_.right).push_back(Keep(text, &used));
      is_left = !is_left;
      begin = end + 1;
    }
    return is_left;
  }
  const Pairs& pairs() const { return pairs_; }

 private:
  Text Keep(const Text& text, size_t* used) {
    return text.Visit([&](auto units) {
      using Unit = typename decltype(units)::value_type;
      *used = (*used + sizeof(Unit) - 1) / sizeof(Unit) * sizeof(Unit);
      auto* kept = reinterpret_cast<Unit*>(units_.get() + *used);
      std::copy(units.begin(), units.end(), kept);
      *used += units.size_bytes();
      return Text(std::span<const Unit>(kept, units.size()));
    });
  }

  std::string utf8_;
  std::unique_ptr<std::byte[]> units_;
  Utf8Decoder decoder_;
  Pairs pairs_;
};

constexpr double kCutoff = 2;

// Pairs of a heat.
constexpr size_t kHeatPairs = 8192;

struct Contender {
  std::string kind;
  std::string path;
  PairFile file;

  bool IsCross() const { return kind != "kernelserve" && kind != "rapidfuzz"; }
  size_t heats() const {
    return IsCross() ? 1 : (file.pairs().left.size() + kHeatPairs - 1) / kHeatPairs;
  }
  Pairs Heat(size_t number) const {
    if (IsCross()) return file.pairs();
    const auto part = [number](const std::vector<Text>& texts) {
      const std::span<const Text> from = std::span(texts).subspan(number * kHeatPairs);
      const auto some = from.first(std::min(from.size(), kHeatPairs));
      return std::vector<Text>(some.begin(), some.end());
    };
    return {.left = part(file.pairs().left), .right = part(file.pairs().right)};
  }

  std::unique_ptr<Entrant> Enter(const std::string& scorer, const Pairs& pairs) const {
    if (kind == "kernelserve") return KernelservePairs(scorer, pairs);
    if (kind == "kernelserve_cross") return KernelserveCross(scorer, pairs, std::nullopt);
    if (kind == "kernelserve_cutoff") return KernelserveCross(scorer, pairs, kCutoff);
    if (kind == "rapidfuzz") return RapidfuzzPairs(scorer, pairs);
    if (kind == "rapidfuzz_cross") return RapidfuzzCross(scorer, pairs);
    return nullptr;
  }
};

// The place of the first score that differs; -1 where there is none. Of distances over a cutoff,
// no more is known than that.
int64_t FirstDifference(const Contender& first, const std::vector<double>& first_scores,
                        const Contender& second, const std::vector<double>& second_scores) {
  const bool cut = first.kind == "kernelserve_cutoff" || second.kind == "kernelserve_cutoff";
  const auto equal = [cut](double a, double b) {
    return a == b || (cut && std::min(a, b) > kCutoff);
  };
  const auto differs = std::mismatch(first_scores.begin(), first_scores.end(),
                                     second_scores.begin(), second_scores.end(), equal)
                           .first;
  return differs == first_scores.end() ? -1 : differs - first_scores.begin();
}

double ThreadCpuNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

// What one scorer comes to.
struct Result {
  int64_t differs_at = -1;
  std::vector<std::vector<double>> ns;  // of each contender, by round
  std::vector<size_t> scores;           // how many
};

// One heat of all rounds, added to `result`. False where a contender does not have the scorer.
bool RunHeat(const std::vector<std::unique_ptr<Contender>>& contenders, const std::string& scorer,
             size_t number, Result* result) {
  std::vector<Pairs> pairs;
  for (const auto& contender : contenders) pairs.push_back(contender->Heat(number));
  std::vector<std::unique_ptr<Entrant>> entrants;
  std::vector<std::vector<double>> scores;
  for (size_t i = 0; i < contenders.size(); ++i) {
    entrants.push_back(contenders[i]->Enter(scorer, pairs[i]));
    if (entrants.back() == nullptr) {
      std::fprintf(stderr, "%s has no scorer %s\n", contenders[i]->kind.c_str(), scorer.c_str());
      return false;
    }
    entrants.back()->Run();
    scores.push_back(entrants.back()->Scores());
    result->scores[i] += scores.back().size();
  }
  const int64_t differs_at = FirstDifference(*contenders[0], scores[0], *contenders[1], scores[1]);
  if (differs_at >= 0 && result->differs_at < 0) {
    result->differs_at = static_cast<int64_t>(number * kHeatPairs) + differs_at;
    if (contenders[0]->path == contenders[1]->path) return true;
  }
  for (size_t round = 0; round < result->ns[0].size(); ++round) {
    for (size_t turn = 0; turn < entrants.size(); ++turn) {
      const size_t i = (round + turn) % entrants.size();
      const double began = ThreadCpuNs();
      entrants[i]->Run();
      result->ns[i][round] += ThreadCpuNs() - began;
    }
  }
  return true;
}

int Race(size_t rounds, const std::vector<std::unique_ptr<Contender>>& contenders,
         const std::vector<std::string>& scorers) {
  const size_t heats = contenders[0]->heats();
  if (contenders[1]->heats() != heats) {
    std::fputs("the contenders have not as many pairs\n", stderr);
    return 1;
  }
  for (const std::string& name : scorers) {
    Result result;
    result.ns.assign(contenders.size(), std::vector<double>(rounds));
    result.scores.assign(contenders.size(), 0);
    for (size_t number = 0; number < heats; ++number) {
      if (!RunHeat(contenders, name, number, &result)) return 1;
    }
    const bool same_texts = contenders[0]->path == contenders[1]->path;
    if (same_texts && result.differs_at >= 0) {
      for (std::vector<double>& each : result.ns) each.clear();
    }
    std::vector<std::string> lists;
    for (size_t i = 0; i < contenders.size(); ++i) {
      for (double& ns : result.ns[i]) ns /= static_cast<double>(result.scores[i]);
      lists.push_back(absl::StrCat("[", absl::StrJoin(result.ns[i], ", "), "]"));
    }
    std::printf("{\"scorer\": \"%s\", \"differs_at\": %ld, \"ns\": [%s]}\n", name.c_str(),
                result.differs_at, absl::StrJoin(lists, ", ").c_str());
  }
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  size_t rounds = 0;
  if (arguments.size() < 5 || !absl::SimpleAtoi(arguments[1], &rounds)) {
    std::fputs("usage: kernel_race ROUNDS CONTENDER CONTENDER SCORER...\n", stderr);
    return 1;
  }
  std::vector<std::unique_ptr<Contender>> contenders;
  for (size_t i = 2; i < 4; ++i) {
    const size_t colon = arguments[i].find(':');
    if (colon == std::string::npos) {
      std::fprintf(stderr, "'%s' is not KIND:FILE\n", arguments[i].c_str());
      return 1;
    }
    contenders.push_back(std::make_unique<Contender>());
    contenders.back()->kind = arguments[i].substr(0, colon);
    contenders.back()->path = arguments[i].substr(colon + 1);
    if (!contenders.back()->file.Read(contenders.back()->path)) {
      std::fprintf(stderr, "%s is no file of pairs\n", contenders.back()->path.c_str());
      return 1;
    }
  }
  return Race(rounds, contenders, {arguments.begin() + 4, arguments.end()});
}

}  // namespace
}  // namespace kernelserve

int main(int argc, char** argv) {
  return kernelserve::Main(std::vector<std::string>(argv, argv + argc));
}

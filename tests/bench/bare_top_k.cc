// The best matches of a few queries by the bare kernel, on one thread and on two: what a machine's
// second core adds where there is no server.
//
//   bare_top_k SCORER K QUERIES CHOICES
//
// QUERIES and CHOICES are files with a text a line, of ASCII. Prints a JSON object: the wall-clock
// nanoseconds on one thread and on two, choices being ready, and the rows of the matches, query by
// query. Both runs have to give the same.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "kernels/catalog.h"
#include "kernels/kernel.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/best_matches.h"
#include "kernels/string_distance/choices.h"
#include "kernels/string_distance/cross.h"
#include "kernels/text.h"
#include "kernels/text_scorer.h"
#include "kernels/texts.h"

namespace kernelserve {
namespace {

using Clock = std::chrono::steady_clock;

// Queries that a thread takes at a time: enough to be compared side by side.
constexpr size_t kQueriesAtOnce = 64;

std::vector<std::string> Lines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

Texts Views(const std::vector<std::string>& lines) {
  std::vector<Text> texts;
  for (const std::string& line : lines) texts.emplace_back(line);
  return Texts(std::move(texts));
}

// The rows of each query's matches; sets *wall_ns.
std::vector<std::vector<uint32_t>> Search(const Cross& cross, size_t queries, size_t k,
                                          size_t threads, int64_t* wall_ns) {
  std::vector<std::vector<uint32_t>> rows(queries);
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t begin; (begin = next.fetch_add(kQueriesAtOnce)) < queries;) {
      std::vector<Match> matches;
      const size_t end = std::min(begin + kQueriesAtOnce, queries);
      if (!cross.TopK(begin, end, k, {}, StopToken(), &matches).ok()) std::abort();
      for (const Match& match : matches) rows[match.query].push_back(match.choice);
    }
  };
  const Clock::time_point began = Clock::now();
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  *wall_ns = (Clock::now() - began) / std::chrono::nanoseconds(1);
  return rows;
}

int Fail(const std::string& why) {
  std::fprintf(stderr, "bare_top_k: %s\n", why.c_str());
  return EXIT_FAILURE;
}

int Main(const char* scorer_name, size_t k, const char* queries_path, const char* choices_path) {
  const auto kernel = FindScorer(scorer_name, "scorer");
  if (!kernel.ok()) return Fail(kernel.status().ToString());
  const auto scorer = (*kernel)->bind_scorer({});
  if (!scorer.ok()) return Fail(scorer.status().ToString());
  const std::vector<std::string> query_lines = Lines(queries_path);
  const std::vector<std::string> choice_lines = Lines(choices_path);
  if (query_lines.empty() || choice_lines.empty()) return Fail("no queries, or no choices");
  const Texts queries = Views(query_lines);
  const Choices choices(Views(choice_lines));
  const Cross cross(**scorer, queries, choices);

  int64_t one_ns = 0;
  int64_t two_ns = 0;
  const auto rows = Search(cross, queries.size(), k, 2, &two_ns);  // to be warm
  if (Search(cross, queries.size(), k, 1, &one_ns) != rows ||
      Search(cross, queries.size(), k, 2, &two_ns) != rows) {
    return Fail("one thread and two found different rows");
  }
  std::printf("{\"one_ns\": %" PRId64 ", \"two_ns\": %" PRId64 ", \"rows\": [", one_ns, two_ns);
  const char* separator = "";
  for (const std::vector<uint32_t>& of_query : rows) {
    for (const uint32_t row : of_query) {
      std::printf("%s%" PRIu32, separator, row);
      separator = ", ";
    }
  }
  std::printf("]}\n");
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace kernelserve

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: bare_top_k SCORER K QUERIES CHOICES\n");
    return EXIT_FAILURE;
  }
  return kernelserve::Main(argv[1], std::strtoul(argv[2], nullptr, 10), argv[3], argv[4]);
}

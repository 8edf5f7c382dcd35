#ifndef KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_
#define KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/text.h"

// Our kernels and rapidfuzz-cpp behind one interface, each in a source file of its own, so that
// each is compiled with its own options.

namespace kernelserve {

// left[i] with right[i]; or, of a cross product, queries() with right. The same views serve all.
struct Pairs {
  static constexpr size_t kQueriesMax = 2000;

  std::span<const Text> queries() const {
    return std::span(left).first(std::min(left.size(), kQueriesMax));
  }

  std::vector<Text> left;
  std::vector<Text> right;
};

// A scorer with texts, which stay where they are as long as it.
class Entrant {
 public:
  virtual ~Entrant() = default;
  // Computes all scores on the calling thread, into memory that is there from the second time on.
  virtual void Run() = 0;
  // Those of the last Run: of each pair, or of each query in turn with every choice.
  virtual std::vector<double> Scores() const = 0;
};

// By the scorer's name in the catalog; null where there is none of it.
std::unique_ptr<Entrant> KernelservePairs(std::string_view scorer, const Pairs& pairs);
std::unique_ptr<Entrant> RapidfuzzPairs(std::string_view scorer, const Pairs& pairs);
std::unique_ptr<Entrant> KernelserveCross(std::string_view scorer, const Pairs& pairs,
                                          std::optional<double> score_cutoff);
std::unique_ptr<Entrant> RapidfuzzCross(std::string_view scorer, const Pairs& pairs);

}  // namespace kernelserve

#endif  // KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_

#ifndef KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_
#define KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernels/text.h"

// Our kernels and rapidfuzz-cpp behind one signature, each in a source file of its own, so that
// each is compiled with its own options.

namespace kernelserve {

// left[i] with right[i]. The same views serve all contenders.
struct Pairs {
  std::vector<Text> left;
  std::vector<Text> right;
};

// A score for each pair, in one of these: as the scorer gives it, since a conversion would be
// timed.
struct Scores {
  std::vector<int64_t> whole;
  std::vector<double> real;

  template <typename Score>
  std::vector<Score>& Of() {
    if constexpr (std::is_same_v<Score, int64_t>) {
      return whole;
    } else {
      return real;
    }
  }
};

// Sets the scores of all pairs on the calling thread. They have the pairs' size from the first
// call on.
using PairScorer = void (*)(const Pairs& pairs, Scores* scores);

// By the catalog's name; null where there is none of it.
PairScorer KernelserveScorer(std::string_view name);
PairScorer RapidfuzzScorer(std::string_view name);

}  // namespace kernelserve

#endif  // KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_

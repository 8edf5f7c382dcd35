#ifndef KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_
#define KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_

#include <memory>
#include <string_view>
#include <vector>

#include "kernels/text.h"

// Our kernels and rapidfuzz-cpp behind one interface, each in a source file of its own, so that
// each is compiled with its own options.

namespace kernelserve {

// left[i] with right[i]. The same views serve all contenders.
struct Pairs {
  std::vector<Text> left;
  std::vector<Text> right;
};

// A scorer with texts, which stay where they are as long as it.
class Entrant {
 public:
  virtual ~Entrant() = default;
  // Computes all scores on the calling thread, into memory that is there from the second time on.
  virtual void Run() = 0;
  // Those of the last Run: of each pair.
  virtual std::vector<double> Scores() const = 0;
};

// By the scorer's name in the catalog; null where there is none of it.
std::unique_ptr<Entrant> KernelservePairs(std::string_view scorer, const Pairs& pairs);
std::unique_ptr<Entrant> RapidfuzzPairs(std::string_view scorer, const Pairs& pairs);

}  // namespace kernelserve

#endif  // KERNELSERVE_TESTS_BENCH_KERNEL_RACE_H_

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_CHOICES_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CHOICES_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/string_distance/count_index.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/texts.h"

namespace kernelserve {

// What queries are compared with, made ready for any scorer. Immutable, and safe to share between
// threads and calls.
class Choices {
 public:
  explicit Choices(Texts texts) : Choices(std::move(texts), StopToken()) {}
  // Ends early once `stop` is set, and is then of no use.
  Choices(Texts texts, const StopToken& stop);

  // The same in steps: it is of use after MakeShard() of every shard, of which several threads may
  // each do some, and Finish(). With a shard that was stopped it is of none.
  struct InSteps {};
  Choices(Texts texts, InSteps);
  void MakeShard(size_t shard, const StopToken& stop);
  void Finish() { index_.Finish(); }

  // What is held beside the texts for each of them: places in two orders, two bytes of what it
  // shares with the one before, and a signature.
  static constexpr size_t kBytesEach = 24;

  const Texts& texts() const { return texts_; }
  // All of them in order, so many a block.
  static constexpr size_t kBlock = 16384;
  std::span<const SortedTexts> blocks() const { return blocks_; }
  const CountIndex& index() const { return index_; }

  // Parts of the choices, by rows: what can be made ready, and looked through, by itself. Each
  // costs a query of all of them some microseconds.
  static constexpr size_t kShard = size_t{1} << 18;
  static_assert(kShard % kBlock == 0);
  size_t shards() const { return (texts_.size() + kShard - 1) / kShard; }
  size_t shard_begin(size_t shard) const { return shard * kShard; }
  size_t shard_end(size_t shard) const { return std::min(texts_.size(), (shard + 1) * kShard); }
  std::span<const SortedTexts> blocks(size_t shard) const;

  size_t bytes() const;  // on the heap

 private:
  Texts texts_;
  std::vector<SortedTexts> blocks_;
  CountIndex index_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_CHOICES_H_

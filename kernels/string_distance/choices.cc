#include "kernels/string_distance/choices.h"

#include <algorithm>
#include <utility>

#include "kernels/string_distance/cross_block.h"

namespace kernelserve {

Choices::Choices(Texts texts, const StopToken& stop) : Choices(std::move(texts), InSteps()) {
  for (size_t shard = 0; shard < shards(); ++shard) MakeShard(shard, stop);
  Finish();
}

Choices::Choices(Texts texts, InSteps)
    : texts_(std::move(texts)),
      blocks_((texts_.size() + kBlock - 1) / kBlock, SortedTexts({}, kCrossUnits)),
      index_(texts_, kShard) {}

void Choices::MakeShard(size_t shard, const StopToken& stop) {
  for (size_t begin = shard_begin(shard); begin < shard_end(shard); begin += kBlock) {
    if (stop.stopped()) return;
    const size_t count = std::min(kBlock, texts_.size() - begin);
    blocks_[begin / kBlock] = SortedTexts(texts_.all().subspan(begin, count), kCrossUnits);
  }
  index_.Add(texts_, shard, stop);
}

std::span<const SortedTexts> Choices::blocks(size_t shard) const {
  const size_t begin = shard_begin(shard) / kBlock;
  return blocks().subspan(begin, (shard_end(shard) + kBlock - 1) / kBlock - begin);
}

size_t Choices::bytes() const {
  size_t bytes = texts_.bytes() + index_.bytes();
  for (const SortedTexts& block : blocks_) bytes += sizeof(block) + block.bytes();
  return bytes;
}

}  // namespace kernelserve

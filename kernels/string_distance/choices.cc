#include "kernels/string_distance/choices.h"

#include <algorithm>
#include <utility>

#include "kernels/string_distance/cross_block.h"

namespace kernelserve {
namespace {

std::vector<SortedTexts> BlocksOf(std::span<const Text> texts, const StopToken& stop) {
  std::vector<SortedTexts> blocks;
  blocks.reserve(texts.size() / Choices::kBlock + 1);
  for (size_t i = 0; i < texts.size() && !stop.stopped(); i += Choices::kBlock) {
    blocks.emplace_back(texts.subspan(i, std::min(Choices::kBlock, texts.size() - i)), kCrossUnits);
  }
  return blocks;
}

}  // namespace

Choices::Choices(Texts texts, const StopToken& stop)
    : texts_(std::move(texts)), blocks_(BlocksOf(texts_.all(), stop)), index_(texts_, stop) {}

size_t Choices::bytes() const {
  size_t bytes = texts_.bytes() + index_.bytes();
  for (const SortedTexts& block : blocks_) bytes += sizeof(block) + block.bytes();
  return bytes;
}

}  // namespace kernelserve

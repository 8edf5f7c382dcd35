#include "kernels/sample_row.h"

#include <cstdint>
#include <random>

namespace kernelserve::define_internal {
namespace {

// Of one process: where a sender can't know it.
uint64_t SampleSeed() {
  static const uint64_t seed = [] {
    std::random_device device;
    return (static_cast<uint64_t>(device()) << 32) | device();
  }();
  return seed;
}

}  // namespace

size_t SampleRow(size_t begin, size_t count) {
  if (count == 1) return begin;
  // The finalizer of MurmurHash3: every bit of the seed and the row counts.
  uint64_t hash = SampleSeed() ^ begin;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return begin + (hash >> 33) % count;
}

}  // namespace kernelserve::define_internal

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/score_matrix.cc"
#include "kernels/string_distance/score_matrix.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/store_numbers.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// What is larger leaves the caches before anyone reads it: written past them, it needs not be read
// from memory first.
constexpr size_t kCachedBytes = size_t{1} << 20;

// Sets `bytes` bytes at `to` to `number` over and over.
void FillWith(std::span<const uint8_t> number, uint8_t* to, size_t bytes) {
#if HWY_TARGET != HWY_SCALAR
  if (bytes > kCachedBytes) {
    const hn::CappedTag<uint8_t, 64> d;
    const size_t lanes = hn::Lanes(d);
    std::array<uint8_t, 128> numbers;  // whole ones, as widths are powers of two
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = number[i % number.size()];
    size_t done = (lanes - reinterpret_cast<uintptr_t>(to) % lanes) % lanes;
    const uint8_t* const next = numbers.data() + done % number.size();
    std::memcpy(to, numbers.data(), done);
    const auto vector = hn::LoadU(d, next);
    for (; done + lanes <= bytes; done += lanes) hn::Stream(vector, d, to + done);
    hwy::FlushStream();
    std::memcpy(to + done, next, bytes - done);
    return;
  }
#endif
  if (bytes == 0) return;
  // Doubles what there is.
  std::memcpy(to, number.data(), number.size());
  for (size_t done = number.size(); done < bytes; done *= 2) {
    std::memcpy(to + done, to, std::min(done, bytes - done));
  }
}

void StreamBytes(std::span<const uint8_t> from, uint8_t* to) {
  const hn::CappedTag<uint8_t, 64> d;
  const size_t lanes = hn::Lanes(d);
  size_t done = std::min((lanes - reinterpret_cast<uintptr_t>(to) % lanes) % lanes, from.size());
  std::memcpy(to, from.data(), done);
  for (; done + lanes <= from.size(); done += lanes) {
    hn::Stream(hn::LoadU(d, from.data() + done), d, to + done);
  }
  std::memcpy(to + done, from.data() + done, from.size() - done);
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(FillWith);
HWY_EXPORT(StreamBytes);

ScoreMatrix::ScoreMatrix(DataType type, size_t queries, size_t choices)
    : ScoreMatrix(type, queries, choices, nullptr) {
  own_ = std::make_unique_for_overwrite<uint8_t[]>(queries * choices * width_);
  values_ = own_.get();
}

ScoreMatrix::ScoreMatrix(DataType type, size_t queries, size_t choices, uint8_t* values)
    : type_(type),
      width_(FixedWidth(type)),
      queries_(queries),
      choices_(choices),
      values_(values) {}

void ScoreMatrix::Put(size_t query, size_t choice, std::span<const uint8_t> scores) {
  if (type_ == DataType::kUint8) {
    HWY_DYNAMIC_DISPATCH(StreamBytes)(scores, At(query, choice));
    return;
  }
  StoreNumbers(type_, scores, At(query, choice));
}

void ScoreMatrix::Put(size_t query, size_t choice, std::span<const double> scores) {
  StoreNumbers(type_, scores, At(query, choice));
}

void ScoreMatrix::Fill(double score) {
  alignas(double) std::array<uint8_t, sizeof(double)> number;
  StoreNumbers(type_, std::span<const double>(&score, 1), number.data());
  HWY_DYNAMIC_DISPATCH(FillWith)
  (std::span(number).first(width_), values_, queries_ * choices_ * width_);
}

void ScoreMatrix::PutNull(size_t query, size_t choice) {
  if (validity_.empty()) validity_.assign((queries_ * choices_ + 7) / 8, 0xff);
  const size_t place = query * choices_ + choice;
  const auto bit = static_cast<uint8_t>(1u << (place % 8));
  if ((validity_[place / 8] & bit) == 0) return;
  validity_[place / 8] = static_cast<uint8_t>(validity_[place / 8] & ~bit);
  ++null_count_;
  std::memset(At(query, choice), 0, width_);
}

}  // namespace kernelserve
#endif  // HWY_ONCE

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

// Writes `count` numbers from an address on, past the caches or not. Of vectors of D, load(i) is
// that of numbers i, i + 1, …, and one(i) is number i by itself. Others see what went past the
// caches once it was flushed.
template <class D, class Load, class One>
HWY_INLINE void Put(D d, size_t count, bool past_caches, hn::TFromD<D>* to, const Load& load,
                    const One& one) {
  const size_t lanes = hn::Lanes(d);
  const size_t over = reinterpret_cast<uintptr_t>(to) / sizeof(*to) % lanes;
  size_t done = std::min((lanes - over) % lanes, count);
  for (size_t i = 0; i < done; ++i) to[i] = one(i);
  if (past_caches) {
    for (; done + lanes <= count; done += lanes) hn::Stream(load(done), d, to + done);
  } else {
    for (; done + lanes <= count; done += lanes) hn::Store(load(done), d, to + done);
  }
  for (; done < count; ++done) to[done] = one(done);
}

void PutBytes(std::span<const uint8_t> scores, bool past_caches, uint8_t* to) {
#if HWY_TARGET != HWY_SCALAR
  if (past_caches) {
    const hn::CappedTag<uint8_t, 64> d;
    Put(
        d, scores.size(), past_caches, to,
        [&](size_t i) HWY_ATTR { return hn::LoadU(d, scores.data() + i); },
        [&](size_t i) { return scores[i]; });
    return;
  }
#endif
  // An empty span may point nowhere, which memcpy must not be given.
  if (!scores.empty()) std::memcpy(to, scores.data(), scores.size());
}

void PutFloats(std::span<const double> scores, bool past_caches, float* to) {
  const auto one = [&](size_t i) { return static_cast<float>(scores[i]); };
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<float> d;
  const hn::Half<decltype(d)> half;
  const hn::Rebind<double, decltype(half)> doubles;
  const auto demoted = [&](size_t i) HWY_ATTR {
    return hn::DemoteTo(half, hn::LoadU(doubles, scores.data() + i));
  };
  Put(
      d, scores.size(), past_caches, to,
      [&](size_t i) HWY_ATTR { return hn::Combine(d, demoted(i + hn::Lanes(half)), demoted(i)); },
      one);
#else
  for (size_t i = 0; i < scores.size(); ++i) to[i] = one(i);
#endif
}

// Sets `bytes` bytes at `to` to `number` over and over.
void FillWith(std::span<const uint8_t> number, bool past_caches, uint8_t* to, size_t bytes) {
#if HWY_TARGET != HWY_SCALAR
  if (past_caches) {
    const hn::CappedTag<uint8_t, 64> d;
    const size_t within = number.size() - 1;  // as a mask: widths are powers of two
    std::array<uint8_t, 128> numbers;
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = number[i & within];
    Put(
        d, bytes, past_caches, to,
        [&](size_t i) HWY_ATTR { return hn::LoadU(d, &numbers[i & within]); },
        [&](size_t i) { return numbers[i & within]; });
    hwy::FlushStream();
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

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(FillWith);
HWY_EXPORT(PutBytes);
HWY_EXPORT(PutFloats);

namespace {

// More than this, and what was written first has left a core's caches by the time that the last is:
// written past them, memory needs not be read before.
constexpr size_t kCachedBytes = size_t{1} << 20;

}  // namespace

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
      past_caches_(queries * choices * width_ > kCachedBytes),
      values_(values) {}

void ScoreMatrix::Put(size_t query, size_t choice, std::span<const uint8_t> scores) {
  if (type_ == DataType::kUint8) {
    HWY_DYNAMIC_DISPATCH(PutBytes)(scores, past_caches_, At(query, choice));
  } else {
    StoreNumbers(type_, scores, At(query, choice));
  }
}

void ScoreMatrix::Put(size_t query, size_t choice, std::span<const double> scores) {
  if (type_ == DataType::kFloat32) {
    HWY_DYNAMIC_DISPATCH(PutFloats)
    (scores, past_caches_, reinterpret_cast<float*>(At(query, choice)));
  } else {
    StoreNumbers(type_, scores, At(query, choice));
  }
}

void ScoreMatrix::Fill(double score) {
  alignas(double) std::array<uint8_t, sizeof(double)> number;
  StoreNumbers(type_, std::span<const double>(&score, 1), number.data());
  HWY_DYNAMIC_DISPATCH(FillWith)
  (std::span(number).first(width_), past_caches_, values_, queries_ * choices_ * width_);
}

void ScoreMatrix::Finish() { hwy::FlushStream(); }

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

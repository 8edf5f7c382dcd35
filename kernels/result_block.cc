#include "kernels/result_block.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "kernels/store_numbers.h"

namespace kernelserve {
ResultBlock::ResultBlock(DataType type, size_t rows_max)
    : type_(type),
      width_(type == DataType::kBool ? 1 : FixedWidth(type)),
      rows_max_(rows_max),
      min_(std::numeric_limits<int64_t>::max()),
      max_(std::numeric_limits<int64_t>::min()) {
  if (width_ > 0) {
    fixed_ = std::make_unique_for_overwrite<uint8_t[]>(rows_max * width_);
  } else {
    ends_.reserve(rows_max);
  }
}

Bytes ResultBlock::values() const {
  if (width_ > 0) return {fixed_.get(), rows_ * width_};
  return {reinterpret_cast<const uint8_t*>(variable_.data()), variable_.size()};
}

// Distances and their like: small, not negative, kept as int32. Without comparisons, which 64-bit
// lanes of the x86-64 baseline lack, this takes a third of a nanosecond a row.
bool ResultBlock::AppendSmall(std::span<const int64_t> values, uint8_t* to) {
  if (type_ != DataType::kInt32) return false;
  int64_t bits = 0;
  for (const int64_t value : values) bits |= value;
  if (bits < 0 || bits > std::numeric_limits<int32_t>::max()) return false;
  int32_t* out = reinterpret_cast<int32_t*>(to);
  for (size_t i = 0; i < values.size(); ++i) out[i] = static_cast<int32_t>(values[i]);
  min_ = std::min<int64_t>(min_, 0);
  max_ = std::max(max_, bits);
  return true;
}

template <typename T>
void ResultBlock::AppendAs(std::span<const T> values) {
  uint8_t* to = fixed_.get() + rows_ * width_;
  if constexpr (std::is_same_v<T, int64_t>) {
    if (AppendSmall(values, to)) return MarkValid(values.size());
  }
  if constexpr (std::is_floating_point_v<T>) {
    StoreNumbers(type_, values, to);
  } else {
    for (const T value : values) {
      min_ = std::min(min_, Saturate<int64_t>(value));
      max_ = std::max(max_, Saturate<int64_t>(value));
    }
    StoreNumbers(type_, values, to);
  }
  MarkValid(values.size());
}

void ResultBlock::Append(std::span<const int64_t> values) { AppendAs(values); }
void ResultBlock::Append(std::span<const uint64_t> values) { AppendAs(values); }
void ResultBlock::Append(std::span<const double> values) { AppendAs(values); }

void ResultBlock::Append(bool value) {
  fixed_[rows_] = value ? 1 : 0;
  MarkValid(1);
}

void ResultBlock::Append(std::string_view value) {
  variable_.append(value);
  ends_.push_back(variable_.size());
  MarkValid(1);
}

void ResultBlock::MarkValid(size_t count) {
  // No bitmap until the first null: the usual column has none.
  if (!validity_.empty()) {
    for (size_t row = rows_; row < rows_ + count; ++row) validity_[row / 8] |= 1u << (row % 8);
  }
  rows_ += count;
}

void ResultBlock::AppendNull(size_t count) {
  if (count == 0) return;
  if (validity_.empty()) {
    validity_.assign((rows_max_ + 7) / 8, 0);
    for (size_t row = 0; row < rows_; ++row) validity_[row / 8] |= 1u << (row % 8);
  }
  if (width_ > 0) {
    // The bytes travel: they must not be whatever the memory held before.
    std::fill_n(fixed_.get() + rows_ * width_, count * width_, uint8_t{0});
  } else {
    ends_.insert(ends_.end(), count, variable_.size());
  }
  null_count_ += count;
  rows_ += count;
}

void ResultBlock::AppendError(RowError error) {
  ++error_count_;
  if (errors_.size() < kErrorsKept) errors_.push_back(std::move(error));
  AppendNull();
}

}  // namespace kernelserve

#include "kernels/string_distance/score_matrix.h"

#include <algorithm>
#include <cstring>

#include "kernels/store_numbers.h"

namespace kernelserve {

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
  StoreNumbers(type_, scores, At(query, choice));
}

void ScoreMatrix::Put(size_t query, size_t choice, std::span<const double> scores) {
  StoreNumbers(type_, scores, At(query, choice));
}

void ScoreMatrix::Fill(size_t query, double score) {
  if (choices_ == 0) return;
  uint8_t* const row = At(query, 0);
  Put(query, 0, std::span<const double>(&score, 1));
  // Doubles what there is.
  const size_t bytes = choices_ * width_;
  for (size_t done = width_; done < bytes; done *= 2) {
    std::memcpy(row + done, row, std::min(done, bytes - done));
  }
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

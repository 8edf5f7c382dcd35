#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_SCORE_MATRIX_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_SCORE_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/data_type.h"

namespace kernelserve {

// Scores of some queries by all choices, row by row, as numbers of one type: what it does not hold
// saturates. Not thread-safe: another thread may read it after Finish().
class ScoreMatrix {
 public:
  // `type` is an integer or float type. Scores are unset.
  ScoreMatrix(DataType type, size_t queries, size_t choices);
  // In `values`, of as many bytes and aligned to the type, which stays as long as this object.
  ScoreMatrix(DataType type, size_t queries, size_t choices, uint8_t* values);

  // Of query `query`, the scores with the choices from `choice` on.
  void Put(size_t query, size_t choice, std::span<const uint8_t> scores);
  void Put(size_t query, size_t choice, std::span<const double> scores);
  // The same score everywhere.
  void Fill(double score);
  void PutNull(size_t query, size_t choice);
  // Has what was put past the caches be there for other threads, too.
  void Finish();

  DataType type() const { return type_; }
  size_t queries() const { return queries_; }
  size_t choices() const { return choices_; }
  // queries() * choices() numbers.
  std::span<const uint8_t> values() const { return {values_, queries_ * choices_ * width_}; }
  // One bit a score from bit 0, 1 = has a value; empty: all have.
  std::span<const uint8_t> validity() const { return validity_; }
  uint64_t null_count() const { return null_count_; }

 private:
  uint8_t* At(size_t query, size_t choice) {
    return values_ + (query * choices_ + choice) * width_;
  }

  DataType type_;
  size_t width_;
  size_t queries_;
  size_t choices_;
  bool past_caches_;
  std::unique_ptr<uint8_t[]> own_;
  uint8_t* values_;
  std::vector<uint8_t> validity_;
  uint64_t null_count_ = 0;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_SCORE_MATRIX_H_

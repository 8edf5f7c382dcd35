#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_COLUMN_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_COLUMN_H_

#include <cstddef>
#include <span>

#include "kernels/text.h"

namespace kernelserve {

// Texts, or one of them at every place.
class TextColumn {
 public:
  explicit TextColumn(std::span<const Text> texts) : first_(texts.data()), step_(1) {}
  explicit TextColumn(const Text* repeated) : first_(repeated), step_(0) {}

  const Text& operator[](size_t i) const { return first_[i * step_]; }

  bool is_repeated() const { return step_ == 0; }

  // From place `begin` on.
  TextColumn From(size_t begin) const { return TextColumn(first_ + begin * step_, step_); }

 private:
  TextColumn(const Text* first, size_t step) : first_(first), step_(step) {}

  const Text* first_;
  size_t step_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_TEXT_COLUMN_H_

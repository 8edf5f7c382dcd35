#ifndef KERNELSERVE_SERVER_COLUMNS_SEPARATED_TEXTS_H_
#define KERNELSERVE_SERVER_COLUMNS_SEPARATED_TEXTS_H_

#include <cstddef>
#include <cstdint>

#include "kernels/column.h"

namespace kernelserve::server {

// Texts with a zero byte between each and the next, as Arrow has them: offsets, and the texts end
// to end.
struct SplitTexts {
  Bytes offsets;
  Bytes texts;
};

// Whether there can be so many texts in so many bytes, as far as their number goes, and offsets of
// int32 to them.
bool MayBeSeparated(size_t separated_bytes, uint64_t texts);

// How much memory Split needs for so many texts in so many bytes, which may be.
size_t SplitBytes(size_t separated_bytes, uint64_t texts);

// Writes `texts` texts to the memory at `to`, SplitBytes of it and aligned for int32. False where
// there are not so many in `separated`.
bool Split(Bytes separated, uint64_t texts, uint8_t* to, SplitTexts* split);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_COLUMNS_SEPARATED_TEXTS_H_

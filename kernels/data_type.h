#ifndef KERNELSERVE_KERNELS_DATA_TYPE_H_
#define KERNELSERVE_KERNELS_DATA_TYPE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace kernelserve {

// The type of one column's elements, in Arrow's physical layout, little endian.
// The numbers are those of kernelserve.v1.DataType.
enum class DataType : uint8_t {
  kUnspecified = 0,
  kBool = 1,
  kInt8 = 2,
  kInt16 = 3,
  kInt32 = 4,
  kInt64 = 5,
  kUint8 = 6,
  kUint16 = 7,
  kUint32 = 8,
  kUint64 = 9,
  kFloat32 = 10,
  kFloat64 = 11,
  kUtf8 = 12,
  kBinary = 13,
  kUtf8View = 14,
  kBinaryView = 15,
  kSymbols = 16,
  kNull = 17,
};

inline constexpr int kDataTypeMax = 17;

// "int32", "utf8_view": Arrow's name in lower case, as it stands in messages and docs.
absl::string_view DataTypeName(DataType type);

// Bytes of one element in `values`: 0 where elements vary in size (text, binary, symbols),
// where they are bits (bool) and where there are none (null).
size_t FixedWidth(DataType type);

// What a whole-number score can be given as, its own type first.
inline constexpr DataType kWholeScoreTypes[] = {
    DataType::kInt32,   DataType::kInt8,   DataType::kInt16,  DataType::kInt64,
    DataType::kUint8,   DataType::kUint16, DataType::kUint32, DataType::kUint64,
    DataType::kFloat32, DataType::kFloat64};

bool IsInteger(DataType type);
bool IsFloat(DataType type);
bool IsText(DataType type);  // utf8, binary, their views, and symbols: what a Text can be read from

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_DATA_TYPE_H_

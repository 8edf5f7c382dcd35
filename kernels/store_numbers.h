#ifndef KERNELSERVE_KERNELS_STORE_NUMBERS_H_
#define KERNELSERVE_KERNELS_STORE_NUMBERS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "kernels/data_type.h"

namespace kernelserve {

// `value` as a To; beyond its range, the nearest one. NaN as an integer is 0.
template <typename To, typename From>
To Saturate(From value) {
  if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    // Limits of 64 bits round up to doubles beyond them.
    if (value >= static_cast<From>(std::numeric_limits<To>::max())) {
      return std::numeric_limits<To>::max();
    }
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
    return std::isnan(value) ? To{0} : static_cast<To>(value);
  } else {
    if (std::cmp_less(value, std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (std::cmp_greater(value, std::numeric_limits<To>::max())) {
      return std::numeric_limits<To>::max();
    }
    return static_cast<To>(value);
  }
}

// Writes `values` as numbers of `type`, an integer or float type, one after the other to `to`.
template <typename From>
void StoreNumbers(DataType type, std::span<const From> values, uint8_t* to) {
  const auto store = [&]<typename To>(std::type_identity<To>) {
    if constexpr (std::is_same_v<To, From>) {
      // An empty span may point nowhere, which memcpy must not be given.
      if (!values.empty()) std::memcpy(to, values.data(), values.size_bytes());
      return;
    }
    To* const out = reinterpret_cast<To*>(to);
    for (size_t i = 0; i < values.size(); ++i) out[i] = Saturate<To>(values[i]);
  };
  switch (type) {
    case DataType::kInt8:
      return store(std::type_identity<int8_t>());
    case DataType::kInt16:
      return store(std::type_identity<int16_t>());
    case DataType::kInt32:
      return store(std::type_identity<int32_t>());
    case DataType::kInt64:
      return store(std::type_identity<int64_t>());
    case DataType::kUint8:
      return store(std::type_identity<uint8_t>());
    case DataType::kUint16:
      return store(std::type_identity<uint16_t>());
    case DataType::kUint32:
      return store(std::type_identity<uint32_t>());
    case DataType::kUint64:
      return store(std::type_identity<uint64_t>());
    case DataType::kFloat32:
      return store(std::type_identity<float>());
    default:
      return store(std::type_identity<double>());
  }
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STORE_NUMBERS_H_

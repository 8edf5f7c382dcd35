#include "kernels/number_reader.h"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

template <typename T>
constexpr absl::string_view kNumberName = "a number";
template <>
constexpr absl::string_view kNumberName<int64_t> = "an integer of 64 bits";
template <>
constexpr absl::string_view kNumberName<uint64_t> = "an integer from 0 to 18446744073709551615";
template <>
constexpr absl::string_view kNumberName<bool> = "a boolean";

}  // namespace

template <typename T>
RowState NumberReader<T>::ReadAt(size_t place, T* value) {
  const ColumnView& leaf = locator_.leaf();
  const uint8_t* values = leaf.values.data();
  const auto refuse = [&](std::string received) {
    const std::string message =
        absl::StrCat(locator_.field(), " is ", received, ", expected ", kNumberName<T>);
    return locator_.Invalid(MakeError(absl::StatusCode::kOutOfRange,
                                      {.reason = "OUT_OF_RANGE",
                                       .field = locator_.field(),
                                       .bound = kNumberName<T>,
                                       .value = received},
                                      message));
  };
  if constexpr (std::is_same_v<T, bool>) {
    if (leaf.type != DataType::kBool) {
      return locator_.Invalid(WrongColumnType(locator_.field(), "bool", leaf.type));
    }
    *value = RowLocator::Bit(leaf.values, place + leaf.bit_offset);
    return RowState::kValue;
  } else if (IsFloat(leaf.type)) {
    const double real = leaf.type == DataType::kFloat32 ? LoadUnaligned<float>(values, place)
                                                        : LoadUnaligned<double>(values, place);
    if constexpr (std::is_integral_v<T>) {
      // 2^63 and 2^64 are exact doubles; the maximum of T is not.
      constexpr double kEnd = std::is_signed_v<T> ? 0x1p63 : 0x1p64;
      constexpr double kBegin = std::is_signed_v<T> ? -0x1p63 : 0.0;
      if (!(real >= kBegin && real < kEnd) || real != std::floor(real)) {
        return refuse(absl::StrFormat("%.17g", real));  // fewer digits can look like a whole number
      }
    }
    *value = static_cast<T>(real);
    return RowState::kValue;
  } else if (leaf.type == DataType::kUint64) {
    const uint64_t number = LoadUnaligned<uint64_t>(values, place);
    if constexpr (std::is_same_v<T, int64_t>) {
      if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        return refuse(absl::StrCat(number));
      }
    }
    *value = static_cast<T>(number);
    return RowState::kValue;
  } else if (IsInteger(leaf.type)) {
    const int64_t number = LoadSigned(leaf.type, values, place);
    if constexpr (std::is_same_v<T, uint64_t>) {
      if (number < 0) return refuse(absl::StrCat(number));
    }
    *value = static_cast<T>(number);
    return RowState::kValue;
  } else {
    return locator_.Invalid(WrongColumnType(locator_.field(), kNumberName<T>, leaf.type));
  }
}

template class NumberReader<int64_t>;
template class NumberReader<uint64_t>;
template class NumberReader<double>;
template class NumberReader<bool>;

}  // namespace kernelserve

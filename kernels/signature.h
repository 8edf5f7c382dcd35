#ifndef KERNELSERVE_KERNELS_SIGNATURE_H_
#define KERNELSERVE_KERNELS_SIGNATURE_H_

#include <concepts>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/column.h"
#include "kernels/column_reader.h"
#include "kernels/data_type.h"
#include "kernels/default_process.h"
#include "kernels/number_reader.h"
#include "kernels/parameters.h"
#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve::define_internal {

// What the signature of a kernel's Run says (kernels/define.h).

template <typename T>
struct ResultOf {
  using Type = T;
  static constexpr bool kFallible = false;
};
template <typename T>
struct ResultOf<absl::StatusOr<T>> {
  using Type = T;
  static constexpr bool kFallible = true;
};

template <typename T>
concept Argument =
    std::same_as<T, Text> || std::same_as<T, std::string_view> || std::same_as<T, int64_t> ||
    std::same_as<T, uint64_t> || std::same_as<T, double> || std::same_as<T, bool>;

template <typename List, typename... Rest>
struct SplitArguments {
  using Type = List;  // what follows is Parameters or StopToken
};
template <typename... Taken, Argument First, typename... Rest>
struct SplitArguments<std::tuple<Taken...>, First, Rest...> {
  using Type = typename SplitArguments<std::tuple<Taken..., First>, Rest...>::Type;
};

template <typename Function>
struct SignatureOf;
template <typename Result, typename... Args>
struct SignatureOf<Result (*)(Args...)> {
  using Returned = Result;
  using Arguments = typename SplitArguments<std::tuple<>, std::remove_cvref_t<Args>...>::Type;
  static constexpr bool kTakesStopToken =
      (std::is_same_v<std::remove_cvref_t<Args>, StopToken> || ...);
};

template <typename K>
struct ParametersOf {
  using Type = NoParameters;
};
template <typename K>
requires requires { typename K::Parameters; }
struct ParametersOf<K> {
  using Type = typename K::Parameters;
};

// A plain function in the clothes of a struct.
template <auto function>
struct FunctionKernel {
  template <typename... Args>
  static auto Run(const Args&... args) {
    return function(args...);
  }
  static constexpr auto kFunction = function;
};

template <typename K>
struct RunOf {
  using Type = decltype(&K::Run);
};
template <auto function>
struct RunOf<FunctionKernel<function>> {
  using Type = decltype(function);
};

// Which data type a C++ type is described as, and which reader gives it.

template <typename T>
constexpr DataType kTypeOf = DataType::kUtf8;  // Text, std::string
template <>
inline constexpr DataType kTypeOf<std::string_view> = DataType::kBinary;
template <>
inline constexpr DataType kTypeOf<int64_t> = DataType::kInt64;
template <>
inline constexpr DataType kTypeOf<uint64_t> = DataType::kUint64;
template <>
inline constexpr DataType kTypeOf<double> = DataType::kFloat64;
template <>
inline constexpr DataType kTypeOf<bool> = DataType::kBool;

template <typename T>
struct ReaderOf {
  using Type = NumberReader<T>;
};
template <>
struct ReaderOf<Text> {
  using Type = TextReader;
};
template <>
struct ReaderOf<std::string_view> {
  using Type = BytesReader;
};

template <typename T>
typename ReaderOf<T>::Type MakeReader(const ColumnView& column, absl::string_view field,
                                      Preprocessing preprocessing) {
  if constexpr (std::is_same_v<T, Text>) {
    return TextReader(column, field, preprocessing);
  } else {
    return typename ReaderOf<T>::Type(column, field);
  }
}

}  // namespace kernelserve::define_internal

#endif  // KERNELSERVE_KERNELS_SIGNATURE_H_

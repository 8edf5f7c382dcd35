#ifndef KERNELSERVE_KERNELS_PARAMETERS_H_
#define KERNELSERVE_KERNELS_PARAMETERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "kernels/kernel.h"

// A kernel says which parameters it takes by a struct:
//
//   struct Parameters {
//     std::optional<uint64_t> modulus;
//     static constexpr auto Fields() {
//       return std::tuple(ParameterField("modulus", &Parameters::modulus, "Results are taken modulo
//       it."));
//     }
//   };
//
// From it come parsing, its errors, defaults and documentation. A member is an int64_t, uint64_t,
// double, bool, std::string, std::array<int64_t, N> or a std::optional of one; its initialiser is
// the default.

namespace kernelserve {

template <typename Struct, typename Member>
struct ParameterField {
  constexpr ParameterField(absl::string_view name, Member Struct::*member, absl::string_view doc)
      : name(name), member(member), doc(doc) {}

  absl::string_view name;
  Member Struct::*member;
  absl::string_view doc;
};

struct NoParameters {
  static constexpr auto Fields() { return std::tuple(); }
};

// Reads `value` into *member. The error names parameters.`name`, what it takes and what it got.
absl::Status ReadParameter(absl::string_view name, const ParameterValue& value, int64_t* member);
absl::Status ReadParameter(absl::string_view name, const ParameterValue& value, uint64_t* member);
absl::Status ReadParameter(absl::string_view name, const ParameterValue& value, double* member);
absl::Status ReadParameter(absl::string_view name, const ParameterValue& value, bool* member);
absl::Status ReadParameter(absl::string_view name, const ParameterValue& value,
                           std::string* member);
absl::Status ReadParameter(absl::string_view name, const ParameterValue& value,
                           std::span<int64_t> members);
template <size_t N>
absl::Status ReadParameter(absl::string_view name, const ParameterValue& value,
                           std::array<int64_t, N>* member) {
  return ReadParameter(name, value, std::span<int64_t>(*member));
}
template <typename T>
absl::Status ReadParameter(absl::string_view name, const ParameterValue& value,
                           std::optional<T>* member) {
  return ReadParameter(name, value, &member->emplace());
}

// The error for a name that is none of `known`, with a suggestion where one is near.
absl::Status UnknownParameter(absl::string_view name, std::span<const absl::string_view> known);

template <typename Struct>
absl::Status ReadParameters(std::span<const Parameter> given, Struct* parameters) {
  for (const Parameter& parameter : given) {
    absl::Status status = std::apply(
        [&](const auto&... fields) {
          absl::Status result;
          const bool found = ((fields.name == parameter.name &&
                               (result = ReadParameter(fields.name, parameter.value,
                                                       &(parameters->*fields.member)),
                                true)) ||
                              ...);
          if (found) return result;
          const std::vector<absl::string_view> known = {fields.name...};
          return UnknownParameter(parameter.name, known);
        },
        Struct::Fields());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

template <typename T>
void DescribeDefault(const T& value, Field* field) {
  if constexpr (std::is_same_v<T, int64_t>) {
    field->type = DataType::kInt64;
    field->default_value = value;
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    field->type = DataType::kUint64;
    field->default_value = static_cast<int64_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    field->type = DataType::kFloat64;
    field->default_value = value;
  } else if constexpr (std::is_same_v<T, bool>) {
    field->type = DataType::kBool;
    field->default_value = value;
  } else if constexpr (std::is_same_v<T, std::string>) {
    field->type = DataType::kUtf8;
    field->default_value = value;
  } else {
    static_assert(std::is_same_v<typename T::value_type, int64_t>);
    field->type = DataType::kInt64;
    field->default_list.assign(value.begin(), value.end());
  }
}

template <typename T>
void DescribeDefault(const std::optional<T>& value, Field* field) {
  DescribeDefault(value.value_or(T()), field);
  if (!value.has_value()) field->default_value = std::monostate();
}

template <typename Struct>
std::vector<Field> DescribeParameters() {
  std::vector<Field> described;
  const Struct defaults;
  std::apply(
      [&](const auto&... fields) {
        [[maybe_unused]] const auto describe = [&](const auto& parameter) {
          Field field{.name = std::string(parameter.name), .doc = std::string(parameter.doc)};
          DescribeDefault(defaults.*parameter.member, &field);
          described.push_back(std::move(field));
        };
        (describe(fields), ...);
      },
      Struct::Fields());
  return described;
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_PARAMETERS_H_

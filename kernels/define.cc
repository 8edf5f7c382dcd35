#include "kernels/define.h"

#include <string>

#include "absl/strings/str_join.h"

namespace kernelserve::define_internal {
namespace {

// Text is CheckTextColumn's affair.
bool Converts(DataType wanted, DataType type) {
  if (type == DataType::kNull) return true;
  switch (wanted) {
    case DataType::kBinary:
      return IsText(type) && type != DataType::kSymbols;
    case DataType::kBool:
      return type == DataType::kBool;
    default:
      return IsInteger(type) || IsFloat(type);
  }
}

// What the documentation calls the types that `wanted` takes, which is no text.
absl::string_view Accepted(DataType wanted) {
  switch (wanted) {
    case DataType::kBinary:
      return "bytes (binary, utf8, or a view of these)";
    case DataType::kBool:
      return "bool";
    default:
      return "an integer or floating-point type";
  }
}

}  // namespace

absl::StatusOr<DataType> ResultTypeOf(absl::string_view kernel, std::span<const DataType> offered,
                                      DataType asked) {
  if (asked == DataType::kUnspecified) return offered.front();
  if (std::find(offered.begin(), offered.end(), asked) != offered.end()) return asked;
  const std::string names = absl::StrJoin(offered, ", ", [](std::string* out, DataType type) {
    absl::StrAppend(out, DataTypeName(type));
  });
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      {.reason = "WRONG_TYPE",
       .field = "result_type",
       .bound = names,
       .value = DataTypeName(asked)},
      absl::StrCat("the result type is ", DataTypeName(asked), ", but ", kernel, " gives ", names));
}

absl::StatusOr<DataType> CheckColumns(const Declared& declared, const Binding& binding,
                                      std::span<const ColumnView> columns) {
  for (size_t i = 0; i < declared.arguments.size(); ++i) {
    const Field& argument = declared.arguments[i];
    if (argument.type == DataType::kUtf8) {
      absl::Status status = CheckTextColumn(columns[i], argument.name, binding.preprocessing);
      if (!status.ok()) return status;
      continue;
    }
    const DataType type = columns[i].value_type();
    if (!Converts(argument.type, type)) {
      return WrongColumnType(argument.name, Accepted(argument.type), type);
    }
  }
  return ResultTypeOf(declared.name, declared.results, binding.result_type);
}

absl::Status ScoringNotTaken(absl::string_view kernel) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      {.reason = "INVALID_ARGUMENT", .field = "scorer.score_cutoff"},
      absl::StrCat(kernel, " is not a scorer and takes no score_cutoff or score_hint"));
}

Kernel Complete(Kernel kernel, std::vector<std::string> arguments, std::span<const DataType> types,
                std::span<const DataType> results, BindFunction* bind) {
  for (size_t i = 0; i < types.size(); ++i) {
    kernel.arguments.push_back({.name = std::move(arguments.at(i)), .type = types[i]});
  }
  kernel.results.assign(results.begin(), results.end());
  const auto declared = std::make_shared<const Declared>(
      Declared{.name = kernel.name, .arguments = kernel.arguments, .results = kernel.results});
  kernel.bind = [declared, bind](const Binding& binding, std::span<const ColumnView> columns) {
    return bind(declared, binding, columns);
  };
  return kernel;
}

}  // namespace kernelserve::define_internal

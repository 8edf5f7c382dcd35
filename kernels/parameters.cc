#include "kernels/parameters.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kernels/did_you_mean.h"
#include "kernels/error.h"
#include "kernels/number_reader.h"

namespace kernelserve {
namespace {

std::string Path(absl::string_view name) { return absl::StrCat("parameters.", name); }

std::string Describe(const ParameterValue& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return "nothing"; }
    std::string operator()(int64_t v) const { return absl::StrCat(v); }
    std::string operator()(double v) const { return absl::StrCat(v); }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::string& v) const {
      return absl::StrCat("the text '", v, "'");
    }
    std::string operator()(const ColumnView& v) const {
      return absl::StrCat("a list of ", v.length, " ", DataTypeName(v.value_type()));
    }
  };
  return std::visit(Visitor(), value);
}

absl::Status WrongType(absl::string_view name, absl::string_view wanted,
                       const ParameterValue& value) {
  const std::string received = Describe(value);
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      {.reason = "WRONG_TYPE", .field = Path(name), .bound = wanted, .value = received},
      absl::StrCat("parameter '", name, "' is ", received, ", expected ", wanted));
}

// Reads a whole column of numbers, of which none may be null.
template <typename T>
absl::Status ReadList(absl::string_view name, const ColumnView& column, std::span<T> members) {
  NumberReader<T> reader(column, Path(name));
  for (size_t i = 0; i < members.size(); ++i) {
    const RowState state = reader.Read(i, &members[i]);
    if (state == RowState::kInvalid) return reader.error();
    if (state == RowState::kNull) {
      return MakeError(
          absl::StatusCode::kInvalidArgument,
          {.reason = "WRONG_TYPE", .field = Path(name), .bound = "no null", .value = "null"},
          absl::StrCat("parameter '", name, "' has a null at index ", i));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadParameter(absl::string_view name, const ParameterValue& value, int64_t* member) {
  if (const int64_t* number = std::get_if<int64_t>(&value)) {
    *member = *number;
    return absl::OkStatus();
  }
  return WrongType(name, "an integer", value);
}

absl::Status ReadParameter(absl::string_view name, const ParameterValue& value, uint64_t* member) {
  if (const int64_t* number = std::get_if<int64_t>(&value)) {
    if (*number < 0) {
      return MakeError(absl::StatusCode::kOutOfRange,
                       {.reason = "OUT_OF_RANGE",
                        .field = Path(name),
                        .bound = "0 to 18446744073709551615",
                        .value = absl::StrCat(*number)},
                       absl::StrCat("parameter '", name, "' is ", *number,
                                    ", expected an integer from 0 to 18446744073709551615"));
    }
    *member = static_cast<uint64_t>(*number);
    return absl::OkStatus();
  }
  if (const ColumnView* column = std::get_if<ColumnView>(&value); column && column->length == 1) {
    return ReadList(name, *column, std::span(member, 1));
  }
  return WrongType(name, "an integer from 0 to 18446744073709551615", value);
}

absl::Status ReadParameter(absl::string_view name, const ParameterValue& value, double* member) {
  if (const double* real = std::get_if<double>(&value)) {
    *member = *real;
    return absl::OkStatus();
  }
  if (const int64_t* number = std::get_if<int64_t>(&value)) {
    *member = static_cast<double>(*number);
    return absl::OkStatus();
  }
  return WrongType(name, "a number", value);
}

absl::Status ReadParameter(absl::string_view name, const ParameterValue& value, bool* member) {
  if (const bool* boolean = std::get_if<bool>(&value)) {
    *member = *boolean;
    return absl::OkStatus();
  }
  return WrongType(name, "a boolean", value);
}

absl::Status ReadParameter(absl::string_view name, const ParameterValue& value,
                           std::string* member) {
  if (const std::string* text = std::get_if<std::string>(&value)) {
    *member = *text;
    return absl::OkStatus();
  }
  return WrongType(name, "text", value);
}

absl::Status ReadParameter(absl::string_view name, const ParameterValue& value,
                           std::span<int64_t> members) {
  const ColumnView* column = std::get_if<ColumnView>(&value);
  if (column == nullptr || column->length != members.size()) {
    return WrongType(name, absl::StrCat("a list of ", members.size(), " integers"), value);
  }
  return ReadList(name, *column, members);
}

absl::Status UnknownParameter(absl::string_view name, std::span<const absl::string_view> known) {
  const std::string taken =
      known.empty() ? "none" : absl::StrCat("'", absl::StrJoin(known, "', '"), "'");
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "UNKNOWN_PARAMETER",
                    .field = Path(name.substr(0, 100)),
                    .bound = taken,
                    .value = name},
                   absl::StrCat("there is no parameter '", name.substr(0, 100), "'",
                                DidYouMean(name, known), " (parameters: ", taken, ")"));
}

}  // namespace kernelserve

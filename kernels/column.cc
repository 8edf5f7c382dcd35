#include "kernels/column.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

absl::Status Malformed(absl::string_view field, absl::string_view buffer, std::string bound,
                       std::string value) {
  const std::string path = buffer.empty() ? std::string(field) : absl::StrCat(field, ".", buffer);
  const std::string message = absl::StrCat(path, " is ", value, ", expected ", bound);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "MALFORMED_COLUMN", .field = path, .bound = bound, .value = value},
                   message);
}

// Lengths come from the wire: a sum or product that wraps would pass the check below it.
constexpr uint64_t kLengthMax = uint64_t{1} << 40;

absl::Status RequireBytes(Bytes buffer, uint64_t bytes, absl::string_view field,
                          absl::string_view name) {
  if (buffer.size() >= bytes) return absl::OkStatus();
  return Malformed(field, name, absl::StrCat("at least ", bytes, " bytes"),
                   absl::StrCat(buffer.size(), " bytes long"));
}

absl::Status ValidateValues(const ColumnView& column, absl::string_view field) {
  const uint64_t rows = column.length;
  switch (column.type) {
    case DataType::kUnspecified:
      return Malformed(field, "type", "a data type", "unspecified");
    case DataType::kNull:
      return absl::OkStatus();
    case DataType::kBool:
      return RequireBytes(column.values, BytesOfBits(rows + column.bit_offset), field, "values");
    case DataType::kUtf8:
    case DataType::kBinary:
    case DataType::kSymbols:
      // Arrow lets the offsets of no rows be absent.
      return RequireBytes(column.offsets, rows == 0 ? 0 : (rows + 1) * sizeof(int32_t), field,
                          "offsets");
    case DataType::kUtf8View:
    case DataType::kBinaryView:
      return RequireBytes(column.values, rows * kViewBytes, field, "values");
    default:
      return RequireBytes(column.values, rows * FixedWidth(column.type), field, "values");
  }
}

}  // namespace

absl::Status ValidateLayout(const ColumnView& column, absl::string_view field) {
  if (column.length > kLengthMax) {
    return Malformed(field, "length", absl::StrCat("at most ", kLengthMax, " rows"),
                     absl::StrCat(column.length));
  }
  if (column.children > 0) {
    return Malformed(field, "children", "none: there are no nested types",
                     absl::StrCat(column.children, " columns"));
  }
  if (column.repeat && column.length != 1) {
    return Malformed(field, "length", "1 where repeat is set", absl::StrCat(column.length));
  }
  if (!column.validity.empty()) {
    if (absl::Status status = RequireBytes(
            column.validity, BytesOfBits(column.length + column.bit_offset), field, "validity");
        !status.ok()) {
      return status;
    }
  }
  if (absl::Status status = ValidateValues(column, field); !status.ok()) return status;
  if (column.dictionary == nullptr) return absl::OkStatus();

  const std::string dictionary = absl::StrCat(field, ".dictionary");
  if (!IsInteger(column.type)) {
    return Malformed(field, "type", "an integer type where a dictionary is set",
                     std::string(DataTypeName(column.type)));
  }
  if (column.dictionary->dictionary != nullptr) {
    return Malformed(dictionary, "dictionary", "absent: a dictionary has none of its own", "set");
  }
  if (column.dictionary->repeat) return Malformed(dictionary, "repeat", "false", "true");
  return ValidateLayout(*column.dictionary, dictionary);
}

}  // namespace kernelserve

#include "kernels/data_type.h"

#include <array>

#include "absl/strings/string_view.h"

namespace kernelserve {
namespace {

struct Properties {
  absl::string_view name;
  size_t fixed_width;
};

// By number.
constexpr std::array<Properties, kDataTypeMax + 1> kProperties = {{
    {"unspecified", 0},
    {"bool", 0},
    {"int8", 1},
    {"int16", 2},
    {"int32", 4},
    {"int64", 8},
    {"uint8", 1},
    {"uint16", 2},
    {"uint32", 4},
    {"uint64", 8},
    {"float32", 4},
    {"float64", 8},
    {"utf8", 0},
    {"binary", 0},
    {"utf8_view", 0},
    {"binary_view", 0},
    {"symbols", 0},
    {"null", 0},
}};

// A number from the wire need not be one of ours.
const Properties& PropertiesOf(DataType type) {
  const auto number = static_cast<size_t>(type);
  return kProperties[number < kProperties.size() ? number : 0];
}

bool Within(DataType type, DataType first, DataType last) { return first <= type && type <= last; }

}  // namespace

absl::string_view DataTypeName(DataType type) { return PropertiesOf(type).name; }
size_t FixedWidth(DataType type) { return PropertiesOf(type).fixed_width; }

bool IsInteger(DataType type) { return Within(type, DataType::kInt8, DataType::kUint64); }
bool IsFloat(DataType type) { return Within(type, DataType::kFloat32, DataType::kFloat64); }
bool IsText(DataType type) { return Within(type, DataType::kUtf8, DataType::kSymbols); }

}  // namespace kernelserve

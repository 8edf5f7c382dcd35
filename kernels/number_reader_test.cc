#include "kernels/number_reader.h"

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

template <typename To, typename From>
std::vector<std::optional<To>> Numbers(DataType type, const std::vector<From>& values) {
  const ColumnView column{.type = type, .length = values.size(), .values = BytesOf(values)};
  NumberReader<To> reader(column, "n");
  std::vector<std::optional<To>> numbers;
  for (size_t i = 0; i < values.size(); ++i) {
    To number;
    if (reader.Read(i, &number) == RowState::kValue) {
      numbers.emplace_back(number);
    } else {
      numbers.emplace_back(std::nullopt);
    }
  }
  return numbers;
}

template <typename T>
std::vector<std::optional<T>> Expected(std::initializer_list<std::optional<T>> values) {
  return values;
}

TEST(NumberReaderTest, IntegersConvertWhereTheyFit) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr uint64_t kUnsignedMax = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ((Numbers<int64_t, int8_t>(DataType::kInt8, {-128, 127})),
            Expected<int64_t>({-128, 127}));
  EXPECT_EQ((Numbers<uint64_t, int16_t>(DataType::kInt16, {-1, 300})),
            Expected<uint64_t>({std::nullopt, 300}));
  EXPECT_EQ((Numbers<int64_t, uint64_t>(DataType::kUint64, {kUnsignedMax, 5})),
            Expected<int64_t>({std::nullopt, 5}));
  EXPECT_EQ((Numbers<uint64_t, uint64_t>(DataType::kUint64, {kUnsignedMax})),
            Expected<uint64_t>({kUnsignedMax}));
  EXPECT_EQ((Numbers<int64_t, int64_t>(DataType::kInt64, {kMin, kMax})),
            Expected<int64_t>({kMin, kMax}));
  EXPECT_EQ((Numbers<double, uint32_t>(DataType::kUint32, {4294967295u})),
            Expected<double>({4294967295.0}));
}

TEST(NumberReaderTest, FloatsBecomeIntegersOnlyExactly) {
  const double nan = std::nan("");
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ((Numbers<uint64_t, double>(DataType::kFloat64,
                                       {3.0, 3.5, -1.0, nan, infinity, 0x1p63, 0x1p64, -0.0})),
            Expected<uint64_t>({3, std::nullopt, std::nullopt, std::nullopt, std::nullopt,
                                uint64_t{1} << 63, std::nullopt, 0}));
  EXPECT_EQ((Numbers<int64_t, double>(DataType::kFloat64, {-0x1p63, 0x1p63})),
            Expected<int64_t>({std::numeric_limits<int64_t>::min(), std::nullopt}));
  EXPECT_EQ((Numbers<double, float>(DataType::kFloat32, {0.5f})), Expected<double>({0.5}));
}

TEST(NumberReaderTest, AFractionIsNotRoundedToAWholeNumberInItsError) {
  const double value = 5.0000001;
  const ColumnView column = {.type = DataType::kFloat64,
                             .length = 1,
                             .values = {reinterpret_cast<const uint8_t*>(&value), sizeof(value)}};
  NumberReader<uint64_t> reader(column, "n");
  uint64_t number;
  ASSERT_EQ(reader.Read(0, &number), RowState::kInvalid);
  EXPECT_EQ(ErrorValue(reader.error()), "5.0000001000000003");
}

TEST(NumberReaderTest, BooleansAreBitsFromTheBitOffset) {
  const std::vector<uint8_t> bits = {0b01000000, 0b1};
  const ColumnView column{
      .type = DataType::kBool, .length = 3, .bit_offset = 6, .values = BytesOf(bits)};
  NumberReader<bool> reader(column, "flags");
  bool value;
  std::vector<bool> values;
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(reader.Read(i, &value), RowState::kValue);
    values.push_back(value);
  }
  EXPECT_EQ(values, (std::vector{true, false, true}));
}

}  // namespace
}  // namespace kernelserve

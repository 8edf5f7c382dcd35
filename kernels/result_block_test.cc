#include "kernels/result_block.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/result_values.h"

namespace kernelserve {
namespace {

using ::testing::ElementsAre;

template <typename T>
std::vector<T> Stored(DataType type, const std::vector<int64_t>& values) {
  ResultBlock block(type, values.size());
  block.Append(std::span<const int64_t>(values));
  return ValuesOf<T>(block);
}

TEST(ResultBlockTest, IntegersSaturateInsteadOfWrapping) {
  const std::vector<int64_t> values = {-1000, 0, 300, 70'000, int64_t{1} << 40};
  EXPECT_THAT(Stored<uint8_t>(DataType::kUint8, values), ElementsAre(0, 0, 255, 255, 255));
  EXPECT_THAT(Stored<int8_t>(DataType::kInt8, values), ElementsAre(-128, 0, 127, 127, 127));
  EXPECT_THAT(Stored<uint16_t>(DataType::kUint16, values), ElementsAre(0, 0, 300, 65535, 65535));
  EXPECT_THAT(Stored<int32_t>(DataType::kInt32, values),
              ElementsAre(-1000, 0, 300, 70'000, std::numeric_limits<int32_t>::max()));
  EXPECT_THAT(Stored<int64_t>(DataType::kInt64, values), testing::ElementsAreArray(values));
  EXPECT_THAT(Stored<double>(DataType::kFloat64, values),
              ElementsAre(-1000.0, 0.0, 300.0, 70'000.0, 0x1p40));
}

TEST(ResultBlockTest, TheRangeOfIntegersIsKept) {
  ResultBlock block(DataType::kInt32, 4);
  EXPECT_GT(block.min(), block.max());
  const std::vector<int64_t> values = {5, -3, 9};
  block.Append(std::span<const int64_t>(values));
  block.AppendNull();
  EXPECT_EQ(block.min(), -3);
  EXPECT_EQ(block.max(), 9);
  ResultBlock large(DataType::kUint64, 1);
  const uint64_t value = ~uint64_t{0};
  large.Append(std::span(&value, 1));
  EXPECT_EQ(large.max(), std::numeric_limits<int64_t>::max());
}

TEST(ResultBlockTest, ABitmapAppearsWithTheFirstNull) {
  ResultBlock block(DataType::kFloat64, 11);
  const std::vector<double> values(9, 0.5);
  block.Append(std::span<const double>(values));
  EXPECT_TRUE(block.validity().empty());
  block.AppendNull();
  block.Append(std::span<const double>(values).first(1));
  EXPECT_THAT(block.validity(), ElementsAre(0xff, 0b101));
  EXPECT_EQ(ValuesOf<double>(block)[9], 0.0);
}

TEST(ResultBlockTest, TextsLieEndToEnd) {
  ResultBlock block(DataType::kUtf8, 3);
  block.Append(std::string_view("ab"));
  block.AppendNull();
  block.Append(std::string_view("c"));
  EXPECT_EQ(std::string(block.values().begin(), block.values().end()), "abc");
  EXPECT_THAT(block.ends(), ElementsAre(2, 2, 3));
}

TEST(ResultBlockTest, ErrorsAreCountedAndTheFirstOnesKept) {
  ResultBlock block(DataType::kInt32, 100);
  for (uint64_t row = 0; row < 100; ++row) block.AppendError({.row = row, .reason = "R"});
  EXPECT_EQ(block.error_count(), 100u);
  EXPECT_EQ(block.null_count(), 100u);
  ASSERT_EQ(block.errors().size(), ResultBlock::kErrorsKept);
  EXPECT_EQ(block.errors()[5].row, 5u);
}

}  // namespace
}  // namespace kernelserve

#include "kernels/data_type.h"

#include "gtest/gtest.h"

namespace kernelserve {
namespace {

TEST(DataTypeTest, NamesAreArrowsInLowerCase) {
  EXPECT_EQ(DataTypeName(DataType::kBool), "bool");
  EXPECT_EQ(DataTypeName(DataType::kInt8), "int8");
  EXPECT_EQ(DataTypeName(DataType::kUint64), "uint64");
  EXPECT_EQ(DataTypeName(DataType::kFloat32), "float32");
  EXPECT_EQ(DataTypeName(DataType::kUtf8View), "utf8_view");
  EXPECT_EQ(DataTypeName(DataType::kBinary), "binary");
  EXPECT_EQ(DataTypeName(DataType::kSymbols), "symbols");
  EXPECT_EQ(DataTypeName(DataType::kNull), "null");
}

TEST(DataTypeTest, WidthsAreThoseOfTheNumbers) {
  EXPECT_EQ(FixedWidth(DataType::kInt8), 1u);
  EXPECT_EQ(FixedWidth(DataType::kUint16), 2u);
  EXPECT_EQ(FixedWidth(DataType::kFloat32), 4u);
  EXPECT_EQ(FixedWidth(DataType::kInt64), 8u);
  EXPECT_EQ(FixedWidth(DataType::kFloat64), 8u);
  for (const DataType type : {DataType::kBool, DataType::kUtf8, DataType::kBinaryView,
                              DataType::kSymbols, DataType::kNull, DataType::kUnspecified}) {
    EXPECT_EQ(FixedWidth(type), 0u) << DataTypeName(type);
  }
}

TEST(DataTypeTest, EveryTypeIsOfOneClassAtMost) {
  int integers = 0;
  int floats = 0;
  int texts = 0;
  for (int number = 0; number <= kDataTypeMax; ++number) {
    const auto type = static_cast<DataType>(number);
    integers += IsInteger(type);
    floats += IsFloat(type);
    texts += IsText(type);
    EXPECT_LE(IsInteger(type) + IsFloat(type) + IsText(type), 1) << DataTypeName(type);
  }
  EXPECT_EQ(integers, 8);
  EXPECT_EQ(floats, 2);
  EXPECT_EQ(texts, 5);
  EXPECT_TRUE(IsText(DataType::kSymbols));
  EXPECT_FALSE(IsText(DataType::kNull));
  EXPECT_FALSE(IsInteger(DataType::kBool));
}

TEST(DataTypeTest, ANumberThatIsNoTypeIsUnspecified) {
  const auto type = static_cast<DataType>(200);
  EXPECT_EQ(DataTypeName(type), "unspecified");
  EXPECT_EQ(FixedWidth(type), 0u);
}

}  // namespace
}  // namespace kernelserve

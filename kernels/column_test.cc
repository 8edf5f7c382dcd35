#include "kernels/column.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

const std::vector<uint8_t> kMemory(1000);
Bytes Memory(size_t bytes) { return Bytes(kMemory).first(bytes); }

std::string RefusedField(const ColumnView& column) {
  const absl::Status status = ValidateLayout(column, "left");
  EXPECT_EQ(ErrorReason(status), status.ok() ? "" : "MALFORMED_COLUMN");
  return ErrorField(status);
}

TEST(ColumnTest, BuffersMayBeLongerThanNeededAndNotShorter) {
  struct Case {
    DataType type;
    size_t values;  // least bytes for 5 rows
    size_t offsets;
  };
  for (const auto& [type, values, offsets] :
       {Case{DataType::kBool, 1, 0}, Case{DataType::kInt8, 5, 0}, Case{DataType::kUint16, 10, 0},
        Case{DataType::kFloat32, 20, 0}, Case{DataType::kInt64, 40, 0},
        Case{DataType::kUtf8, 0, 24}, Case{DataType::kBinary, 0, 24},
        Case{DataType::kSymbols, 0, 24}, Case{DataType::kUtf8View, 80, 0},
        Case{DataType::kBinaryView, 80, 0}, Case{DataType::kNull, 0, 0}}) {
    SCOPED_TRACE(DataTypeName(type));
    ColumnView column{
        .type = type, .length = 5, .offsets = Memory(offsets), .values = Memory(values)};
    EXPECT_EQ(RefusedField(column), "");
    column.values = Memory(values + 100);
    column.offsets = Memory(offsets + 100);
    EXPECT_EQ(RefusedField(column), "");
    if (values > 0) {
      column.values = Memory(values - 1);
      EXPECT_EQ(RefusedField(column), "left.values");
    }
    if (offsets > 0) {
      column.offsets = Memory(offsets - 1);
      EXPECT_EQ(RefusedField(column), "left.offsets");
    }
  }
}

TEST(ColumnTest, BitsBeginAtTheBitOffset) {
  ColumnView column{.type = DataType::kBool, .length = 5, .bit_offset = 3, .values = Memory(1)};
  EXPECT_EQ(RefusedField(column), "");
  column.bit_offset = 4;
  EXPECT_EQ(RefusedField(column), "left.values");
  column.values = Memory(2);
  column.validity = Memory(1);
  EXPECT_EQ(RefusedField(column), "left.validity");
}

TEST(ColumnTest, OffsetsOfNoRowsMayBeAbsent) {
  EXPECT_EQ(RefusedField({.type = DataType::kUtf8, .length = 0}), "");
}

TEST(ColumnTest, ALengthThatOverflowsTheSizesIsRefused) {
  for (const uint64_t length : {~uint64_t{0}, uint64_t{1} << 63, uint64_t{1} << 61,
                                (uint64_t{1} << 62) - 1, (uint64_t{1} << 40) + 1}) {
    for (int type = 0; type <= kDataTypeMax; ++type) {
      EXPECT_FALSE(RefusedField({.type = static_cast<DataType>(type),
                                 .length = length,
                                 .offsets = Memory(1000),
                                 .values = Memory(1000)})
                       .empty())
          << type << " " << length;
    }
  }
}

TEST(ColumnTest, ARepeatedColumnHasOneRow) {
  ColumnView column{.type = DataType::kInt8, .length = 2, .repeat = true, .values = Memory(2)};
  EXPECT_EQ(RefusedField(column), "left.length");
  column.length = 1;
  EXPECT_EQ(RefusedField(column), "");
}

TEST(ColumnTest, DictionariesAreChecked) {
  const auto texts = std::make_shared<ColumnView>(
      ColumnView{.type = DataType::kUtf8, .length = 2, .offsets = Memory(12)});
  ColumnView column{
      .type = DataType::kInt16, .length = 3, .values = Memory(6), .dictionary = texts};
  EXPECT_EQ(RefusedField(column), "");
  EXPECT_EQ(column.value_type(), DataType::kUtf8);
  texts->length = 3;
  EXPECT_EQ(RefusedField(column), "left.dictionary.offsets");
  texts->length = 1;
  texts->repeat = true;
  EXPECT_EQ(RefusedField(column), "left.dictionary.repeat");
  texts->repeat = false;
  texts->dictionary = std::make_shared<ColumnView>();
  EXPECT_EQ(RefusedField(column), "left.dictionary.dictionary");
  texts->dictionary = nullptr;
  column.type = DataType::kFloat32;
  column.values = Memory(12);
  EXPECT_EQ(RefusedField(column), "left.type");
}

TEST(ColumnTest, UnknownAndNestedTypesAreRefused) {
  EXPECT_EQ(RefusedField({.type = DataType::kUnspecified}), "left.type");
  EXPECT_EQ(RefusedField({.type = DataType::kInt8, .children = 1}), "left.children");
}

TEST(ColumnTest, AnErrorSaysWhatWasExpectedAndWhatCame) {
  const absl::Status status =
      ValidateLayout({.type = DataType::kInt32, .length = 10, .values = Memory(39)}, "right");
  EXPECT_EQ(status.message(), "right.values is 39 bytes long, expected at least 40 bytes");
  EXPECT_EQ(ErrorBound(status), "at least 40 bytes");
}

}  // namespace
}  // namespace kernelserve

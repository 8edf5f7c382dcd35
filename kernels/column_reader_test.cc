#include "kernels/column_reader.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

// One row as the test sees it.
struct Row {
  RowState state;
  std::u32string units;
  friend bool operator==(const Row&, const Row&) = default;
};
Row Value(std::u32string units) { return {RowState::kValue, std::move(units)}; }
const Row kNullRow = {RowState::kNull, U""};
const Row kInvalidRow = {RowState::kInvalid, U""};

std::vector<Row> ReadAll(const ColumnView& column, size_t rows) {
  TextReader reader(column, "left");
  std::vector<Text> texts(rows);
  std::vector<Row> read(rows);
  // All texts first: earlier ones must survive later reads.
  for (size_t i = 0; i < rows; ++i) read[i].state = reader.Read(i, &texts[i]);
  for (size_t i = 0; i < rows; ++i) {
    if (read[i].state != RowState::kValue) continue;
    for (size_t j = 0; j < texts[i].size(); ++j) read[i].units.push_back(texts[i][j]);
  }
  return read;
}

TEST(TextReaderTest, Utf8BecomesCodePointsSideBySide) {
  const std::string bytes = "abcé日本😀";
  const std::vector<int32_t> offsets = {0, 3, 5, 5, 11, 15};
  const ColumnView column{
      .type = DataType::kUtf8, .length = 5, .offsets = BytesOf(offsets), .values = BytesOf(bytes)};
  const std::vector<Row> expected = {Value(U"abc"), Value(U"é"), Value(U""), Value(U"日本"),
                                     Value(U"😀")};
  EXPECT_EQ(ReadAll(column, 5), expected);
}

TEST(TextReaderTest, ManyLongTextsOfABlockStayValid) {
  std::string bytes;
  std::vector<int32_t> offsets = {0};
  std::vector<Row> expected;
  for (int i = 0; i < 200; ++i) {
    const std::u32string row(static_cast<size_t>(i) * 40, U'é' + static_cast<char32_t>(i % 20));
    for (const char32_t unit : row) {
      bytes.push_back(static_cast<char>(0xc0 | (unit >> 6)));
      bytes.push_back(static_cast<char>(0x80 | (unit & 0x3f)));
    }
    offsets.push_back(static_cast<int32_t>(bytes.size()));
    expected.push_back(Value(row));
  }
  const ColumnView column{.type = DataType::kUtf8,
                          .length = 200,
                          .offsets = BytesOf(offsets),
                          .values = BytesOf(bytes)};
  EXPECT_EQ(ReadAll(column, 200), expected);
}

TEST(TextReaderTest, OneRowOfABlockThatIsNotAsciiIsFoundAnywhere) {
  constexpr size_t kRows = 100;
  for (size_t special = 0; special < kRows; ++special) {
    for (const char* const text : {"é", "abcdefghé", "\xFF"}) {
      std::string bytes = "é";  // before the first row, and after the last
      std::vector<int32_t> offsets = {2};
      for (size_t i = 0; i < kRows; ++i) {
        bytes += i == special ? text : std::string(i * i % 23, 'a');
        offsets.push_back(static_cast<int32_t>(bytes.size()));
      }
      bytes += "é";
      const ColumnView column{.type = DataType::kUtf8,
                              .length = kRows,
                              .offsets = BytesOf(offsets),
                              .values = BytesOf(bytes)};
      TextReader reader(column, "left");
      std::vector<Text> texts(kRows);
      const bool valid = text[0] != '\xFF';
      ASSERT_EQ(reader.ReadBlock(0, kRows, texts.data()), valid ? kRows : 0) << special;
      TextReader by_row(column, "left");
      for (size_t i = 0; valid && i < kRows; ++i) {
        Text expected;
        ASSERT_EQ(by_row.Read(i, &expected), RowState::kValue);
        ASSERT_EQ(texts[i], expected) << i << " with " << special;
      }
    }
  }
}

TEST(TextReaderTest, BinaryIsLatin1) {
  const std::string bytes = "a\xe9\xff";
  const std::vector<int32_t> offsets = {0, 3};
  const ColumnView column{.type = DataType::kBinary,
                          .length = 1,
                          .offsets = BytesOf(offsets),
                          .values = BytesOf(bytes)};
  EXPECT_EQ(ReadAll(column, 1), std::vector{Value(U"aéÿ")});
}

std::u32string UnitsOf(Text text) {
  std::u32string units;
  for (size_t i = 0; i < text.size(); ++i) units.push_back(text[i]);
  return units;
}

TEST(TextReaderTest, TextsAreProcessedOneByOneAsInBlocks) {
  const std::string bytes = " Ab!ÉÀ-日本?😀Z";
  const std::vector<int32_t> offsets = {0, 4, 9, 16, 21, 21};
  ColumnView column{
      .type = DataType::kUtf8, .length = 5, .offsets = BytesOf(offsets), .values = BytesOf(bytes)};
  const std::u32string expected[] = {U"ab", U"éà", U"日本", U"z", U""};
  TextReader reader(column, "left", Preprocessing::kDefaultProcess);
  Text texts[5];
  ASSERT_EQ(reader.ReadBlock(0, 5, texts), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(UnitsOf(texts[i]), expected[i]);
    Text text;
    ASSERT_EQ(reader.Read(i, &text), RowState::kValue);
    EXPECT_EQ(UnitsOf(text), expected[i]);
  }
  column.length = 1;
  column.repeat = true;
  TextReader literal(column, "left", Preprocessing::kDefaultProcess);
  ASSERT_EQ(literal.ReadBlock(0, 5, texts), 5u);
  for (const Text& text : texts) {
    EXPECT_EQ(UnitsOf(text), U"ab");
    EXPECT_EQ(text.data(), texts[0].data()) << "processed once";
  }
}

TEST(TextReaderTest, ABlockOfProcessedTextsEndsWhereTheyTakeTooMuch) {
  const std::string bytes(100'000, 'A');
  std::vector<int32_t> offsets;
  for (int i = 0; i <= 10; ++i) offsets.push_back(i * 10'000);
  const ColumnView column{
      .type = DataType::kUtf8, .length = 10, .offsets = BytesOf(offsets), .values = BytesOf(bytes)};
  TextReader reader(column, "left", Preprocessing::kDefaultProcess);
  Text texts[10];
  size_t read = 0;
  // Read again and again without Release().
  for (int times = 0; times < 10 && !reader.full(); ++times) {
    read = reader.ReadBlock(0, 10, texts);
    for (size_t i = 0; i < read; ++i) ASSERT_EQ(UnitsOf(texts[i]), std::u32string(10'000, U'a'));
  }
  EXPECT_TRUE(reader.full());
  EXPECT_LT(read, 10u);
}

TEST(TextReaderTest, SymbolsAreReadAtAnyAlignment) {
  const std::vector<uint32_t> units = {1, 0x110000, 0xffffffff, 7};
  const std::vector<int32_t> offsets = {1, 3, 4};
  std::string memory = "x" + std::string(reinterpret_cast<const char*>(units.data()), 16);
  std::string offset_memory =
      "yyy" + std::string(reinterpret_cast<const char*>(offsets.data()), 12);
  const ColumnView column{.type = DataType::kSymbols,
                          .length = 2,
                          .offsets = BytesOf(offset_memory).subspan(3),
                          .values = BytesOf(memory).subspan(1)};
  const std::vector<Row> expected = {Value({0x110000, 0xffffffff}), Value({7})};
  EXPECT_EQ(ReadAll(column, 2), expected);
}

std::vector<int32_t> InlineView(const std::string& text) {
  std::vector<int32_t> view(4);
  view[0] = static_cast<int32_t>(text.size());
  std::memcpy(&view[1], text.data(), text.size());
  return view;
}

TEST(TextReaderTest, ViewsAreInlineOrInABuffer) {
  const std::string first = "a text of over twelve bytes";
  const std::string second = "and another, in the second buffer";
  std::vector<int32_t> views = InlineView("twelve bytes");
  const auto add = [&](std::vector<int32_t> view) {
    views.insert(views.end(), view.begin(), view.end());
  };
  add({27, 0, 0, 0});
  add({20, 0, 1, 13});
  add(InlineView(""));
  add({28, 0, 0, 0});  // a byte too long
  add({13, 0, 2, 0});  // no such buffer
  add({13, 0, -1, 0});
  add({-1, 0, 0, 0});
  add({13, 0, 0, -1});
  const ColumnView column{.type = DataType::kUtf8View,
                          .length = 9,
                          .values = BytesOf(views),
                          .view_buffers = {BytesOf(first), BytesOf(second)}};
  const std::vector<Row> expected = {Value(U"twelve bytes"),
                                     Value(U"a text of over twelve bytes"),
                                     Value(U"in the second buffer"),
                                     Value(U""),
                                     kInvalidRow,
                                     kInvalidRow,
                                     kInvalidRow,
                                     kInvalidRow,
                                     kInvalidRow};
  EXPECT_EQ(ReadAll(column, 9), expected);
}

TEST(TextReaderTest, ViewsOfABlockReadLikeRows) {
  const std::string first = "a text of over twelve bytes, größer";
  const std::string second = "12345678901234567890";
  const std::vector<std::vector<int32_t>> right = {
      InlineView("twelve bytes"), {27, 0, 0, 0}, {8 + 27, 0, 0, 2}, {20, 0, 1, 0}, InlineView("é")};
  // A text too long, no such buffers, one of no memory, negative numbers, an end that would wrap.
  const std::vector<std::vector<int32_t>> wrong = {
      {38, 0, 0, 0},  {13, 0, 3, 0},  {13, 0, 2, 5},
      {13, 0, -1, 0}, {-1, 0, 0, 0},  {13, 0, 0, -1},
      {13, 0, 0, 25}, {13, 0, 1, 21}, {INT32_MAX, 0, 0, INT32_MAX}};
  for (const DataType type : {DataType::kUtf8View, DataType::kBinaryView}) {
    std::vector<int32_t> views;
    for (const std::vector<int32_t>& view : right) {
      views.insert(views.end(), view.begin(), view.end());
    }
    const std::vector<Bytes> buffers = {BytesOf(first), BytesOf(second), Bytes()};
    const ColumnView column{
        .type = type, .length = right.size(), .values = BytesOf(views), .view_buffers = buffers};
    TextReader blocks(column, "left");
    std::vector<Text> texts(right.size());
    ASSERT_EQ(blocks.ReadBlock(0, right.size(), texts.data()), right.size());
    TextReader rows(column, "left");
    for (size_t i = 0; i < right.size(); ++i) {
      Text expected;
      ASSERT_EQ(rows.Read(i, &expected), RowState::kValue);
      EXPECT_EQ(texts[i], expected) << i;
    }
    for (const std::vector<int32_t>& view : wrong) {
      const ColumnView bad{
          .type = type, .length = 1, .values = BytesOf(view), .view_buffers = buffers};
      TextReader reader(bad, "left");
      EXPECT_EQ(reader.ReadBlock(0, 1, texts.data()), 0u) << testing::PrintToString(view);
      EXPECT_EQ(reader.Read(0, texts.data()), RowState::kInvalid) << testing::PrintToString(view);
    }
  }
}

TEST(TextReaderTest, OffsetsThatPointOutsideOrDecreaseAreInvalid) {
  const std::string bytes = "abcdef";
  const std::vector<int32_t> offsets = {-1, 2, 1, 6, 7, 7};
  const ColumnView column{
      .type = DataType::kUtf8, .length = 5, .offsets = BytesOf(offsets), .values = BytesOf(bytes)};
  const std::vector<Row> expected = {kInvalidRow, kInvalidRow, Value(U"bcdef"), kInvalidRow,
                                     kInvalidRow};
  EXPECT_EQ(ReadAll(column, 5), expected);
  TextReader reader(column, "left");
  Text text;
  ASSERT_EQ(reader.Read(1, &text), RowState::kInvalid);
  EXPECT_EQ(ErrorReason(reader.error()), "MALFORMED_COLUMN");
  EXPECT_EQ(ErrorField(reader.error()), "left.offsets");
  EXPECT_EQ(ErrorValue(reader.error()), "offsets 2 to 1");
}

TEST(TextReaderTest, InvalidUtf8NamesTheByte) {
  const std::string bytes = "ab\xff";
  const std::vector<int32_t> offsets = {0, 3};
  const ColumnView column{
      .type = DataType::kUtf8, .length = 1, .offsets = BytesOf(offsets), .values = BytesOf(bytes)};
  TextReader reader(column, "right");
  Text text;
  ASSERT_EQ(reader.Read(0, &text), RowState::kInvalid);
  EXPECT_EQ(ErrorReason(reader.error()), "INVALID_UTF8");
  EXPECT_EQ(ErrorField(reader.error()), "right");
  EXPECT_EQ(reader.error().message(), "right is not valid UTF-8: byte 2 of 3");
}

TEST(TextReaderTest, ADictionaryIsUsedAndItsIndicesAreChecked) {
  const std::string bytes = "onetwo";
  const std::vector<int32_t> offsets = {0, 3, 6, 6};
  const uint8_t two_valid[] = {0b011};
  const auto texts = std::make_shared<ColumnView>(ColumnView{.type = DataType::kUtf8,
                                                             .length = 3,
                                                             .validity = two_valid,
                                                             .offsets = BytesOf(offsets),
                                                             .values = BytesOf(bytes)});
  const std::vector<int8_t> indices = {1, 0, 2, 3, -1, 0};
  const uint8_t valid[] = {0b011111};
  const ColumnView column{.type = DataType::kInt8,
                          .length = 6,
                          .validity = valid,
                          .values = BytesOf(indices),
                          .dictionary = texts};
  const std::vector<Row> expected = {Value(U"two"), Value(U"one"), kNullRow,
                                     kInvalidRow,   kInvalidRow,   kNullRow};
  EXPECT_EQ(ReadAll(column, 6), expected);
}

TEST(TextReaderTest, AnUnsignedIndexOverInt64IsInvalid) {
  const auto texts = std::make_shared<ColumnView>(ColumnView{.type = DataType::kNull, .length = 1});
  const std::vector<uint64_t> indices = {0, ~uint64_t{0}};
  const ColumnView column{
      .type = DataType::kUint64, .length = 2, .values = BytesOf(indices), .dictionary = texts};
  const std::vector<Row> expected = {kNullRow, kInvalidRow};
  EXPECT_EQ(ReadAll(column, 2), expected);
}

TEST(TextReaderTest, EveryRowOfARepeatedColumnIsTheSame) {
  const std::string bytes = "ab";
  const std::vector<int32_t> offsets = {0, 2};
  const ColumnView column{.type = DataType::kUtf8,
                          .length = 1,
                          .repeat = true,
                          .offsets = BytesOf(offsets),
                          .values = BytesOf(bytes)};
  EXPECT_EQ(ReadAll(column, 3), std::vector(3, Value(U"ab")));
}

TEST(TextReaderTest, AWrongTypeIsInvalidNotACrash) {
  const std::vector<int64_t> numbers = {1};
  EXPECT_EQ(ReadAll({.type = DataType::kInt64, .length = 1, .values = BytesOf(numbers)}, 1),
            std::vector{kInvalidRow});
}

}  // namespace
}  // namespace kernelserve

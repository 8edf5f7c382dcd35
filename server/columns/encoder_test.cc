#include "server/columns/encoder.h"

#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernelserve/v1/string_distance.pb.h"

namespace kernelserve::server {
namespace {

using ::testing::ElementsAre;

v1::PairwiseResponse Encoded(std::vector<ResultBlock> blocks, ResultFormat format) {
  const auto reply = EncodeReply(blocks, format, {});
  EXPECT_TRUE(reply.ok()) << reply.status();
  v1::PairwiseResponse response;
  EXPECT_TRUE(response.ParseFromString(*reply));
  return response;
}

template <typename T>
std::vector<T> ValuesOf(const v1::Column& column) {
  std::vector<T> values(column.values().size() / sizeof(T));
  std::memcpy(values.data(), column.values().data(), column.values().size());
  return values;
}

ResultBlock Integers(DataType type, const std::vector<int64_t>& values) {
  ResultBlock block(type, values.size());
  block.Append(std::span<const int64_t>(values));
  return block;
}

std::vector<ResultBlock> Blocks(ResultBlock a, ResultBlock b) {
  std::vector<ResultBlock> blocks;
  blocks.push_back(std::move(a));
  blocks.push_back(std::move(b));
  return blocks;
}

TEST(EncoderTest, BlocksFollowEachOther) {
  const v1::PairwiseResponse reply =
      Encoded(Blocks(Integers(DataType::kInt32, {1, -2, 3}), Integers(DataType::kInt32, {100'000})),
              {.type = DataType::kInt32});
  EXPECT_EQ(reply.scores().type(), v1::DATA_TYPE_INT32);
  EXPECT_EQ(reply.scores().length(), 4u);
  EXPECT_EQ(reply.scores().validity(), "");
  EXPECT_THAT(ValuesOf<int32_t>(reply.scores()), ElementsAre(1, -2, 3, 100'000));
  EXPECT_FALSE(reply.has_row_errors());
}

TEST(EncoderTest, NoRowsAreAColumnOfTheType) {
  const v1::PairwiseResponse reply = Encoded({}, {.type = DataType::kFloat64, .narrow = true});
  EXPECT_EQ(reply.scores().type(), v1::DATA_TYPE_FLOAT64);
  EXPECT_EQ(reply.scores().length(), 0u);
  EXPECT_EQ(reply.scores().values(), "");
}

TEST(EncoderTest, NarrowTakesTheLeastTypeThatHoldsAll) {
  struct Case {
    std::vector<int64_t> values;
    v1::DataType type;
  };
  for (const auto& [values, type] :
       {Case{{0, 255}, v1::DATA_TYPE_UINT8}, Case{{-1, 127}, v1::DATA_TYPE_INT8},
        Case{{-1, 128}, v1::DATA_TYPE_INT16}, Case{{256}, v1::DATA_TYPE_UINT16},
        Case{{65536}, v1::DATA_TYPE_UINT32}, Case{{-40'000}, v1::DATA_TYPE_INT32},
        Case{{int64_t{1} << 40}, v1::DATA_TYPE_INT64}, Case{{}, v1::DATA_TYPE_UINT8}}) {
    std::vector<ResultBlock> blocks;
    blocks.push_back(Integers(DataType::kInt64, values));
    const v1::PairwiseResponse reply =
        Encoded(std::move(blocks), {.type = DataType::kInt64, .narrow = true});
    EXPECT_EQ(reply.scores().type(), type) << testing::PrintToString(values);
    EXPECT_EQ(reply.scores().length(), values.size());
  }
}

TEST(EncoderTest, NarrowValuesAreTheSameValues) {
  const v1::PairwiseResponse reply =
      Encoded(Blocks(Integers(DataType::kInt32, {1, 2}), Integers(DataType::kInt32, {300})),
              {.type = DataType::kInt32, .narrow = true});
  EXPECT_THAT(ValuesOf<uint16_t>(reply.scores()), ElementsAre(1, 2, 300));
}

TEST(EncoderTest, AUint64OverInt64IsNotNarrowed) {
  ResultBlock block(DataType::kUint64, 1);
  const uint64_t value = ~uint64_t{0};
  block.Append(std::span(&value, 1));
  std::vector<ResultBlock> blocks;
  blocks.push_back(std::move(block));
  const v1::PairwiseResponse reply =
      Encoded(std::move(blocks), {.type = DataType::kUint64, .narrow = true});
  EXPECT_EQ(reply.scores().type(), v1::DATA_TYPE_UINT64);
  EXPECT_THAT(ValuesOf<uint64_t>(reply.scores()), ElementsAre(value));
}

TEST(EncoderTest, BitmapsJoinAtAnyBit) {
  // Blocks of 1 to 20 rows, some without a null: every alignment, against one bit at a time.
  std::vector<ResultBlock> blocks;
  std::vector<bool> expected;
  for (int size = 1; size <= 20; ++size) {
    ResultBlock block(DataType::kInt32, static_cast<size_t>(size));
    for (int i = 0; i < size; ++i) {
      const bool valid = size % 4 == 0 || (i * size) % 3 != 1;
      expected.push_back(valid);
      const int64_t one = 1;
      if (valid) {
        block.Append(std::span(&one, 1));
      } else {
        block.AppendNull();
      }
    }
    blocks.push_back(std::move(block));
  }
  const v1::PairwiseResponse reply = Encoded(std::move(blocks), {.type = DataType::kInt32});
  const std::string& validity = reply.scores().validity();
  ASSERT_EQ(validity.size(), (expected.size() + 7) / 8);
  for (size_t i = 0; i < validity.size() * 8; ++i) {
    const bool bit = (static_cast<uint8_t>(validity[i / 8]) >> (i % 8)) & 1;
    EXPECT_EQ(bit, i < expected.size() && expected[i]) << i;
  }
}

TEST(EncoderTest, TextsHaveOffsets) {
  ResultBlock first(DataType::kBinary, 2);
  first.Append(std::string_view("ab"));
  first.Append(std::string_view(""));
  ResultBlock second(DataType::kBinary, 2);
  second.AppendNull();
  second.Append(std::string_view("cde"));
  const v1::PairwiseResponse reply =
      Encoded(Blocks(std::move(first), std::move(second)), {.type = DataType::kBinary});
  EXPECT_EQ(reply.scores().values(), "abcde");
  std::vector<int32_t> offsets(5);
  ASSERT_EQ(reply.scores().offsets().size(), 20u);
  std::memcpy(offsets.data(), reply.scores().offsets().data(), 20);
  EXPECT_THAT(offsets, ElementsAre(0, 2, 2, 2, 5));
  EXPECT_EQ(reply.scores().validity(), "\x0b");
}

TEST(EncoderTest, BooleansArePacked) {
  ResultBlock first(DataType::kBool, 3);
  for (const bool value : {true, false, true}) first.Append(value);
  ResultBlock second(DataType::kBool, 6);
  for (const bool value : {true, true, false, false, false, true}) second.Append(value);
  const v1::PairwiseResponse reply =
      Encoded(Blocks(std::move(first), std::move(second)), {.type = DataType::kBool});
  EXPECT_EQ(reply.scores().values(), std::string("\x1d\x01"));
}

TEST(EncoderTest, RowErrorsAreCountedAndTheLowestListed) {
  ResultBlock first(DataType::kInt32, 4);
  for (uint64_t row = 0; row < 4; ++row) first.AppendError({row, "INVALID_UTF8", "bad"});
  ResultBlock second(DataType::kInt32, 20);
  for (uint64_t row = 4; row < 24; ++row) second.AppendError({row, "OVERFLOW", "large"});
  const v1::PairwiseResponse reply =
      Encoded(Blocks(std::move(first), std::move(second)), {.type = DataType::kInt32});
  EXPECT_EQ(reply.row_errors().count(), 24u);
  ASSERT_EQ(reply.row_errors().first_size(), static_cast<int>(kRowErrorsListed));
  EXPECT_EQ(reply.row_errors().first(9).row(), 9u);
  EXPECT_EQ(reply.row_errors().first(0).reason(), "INVALID_UTF8");
}

// A sink whose first byte is the client's 1000th.
BufferSink Into(std::string* taken) {
  return [taken](std::span<const Bytes> buffers) -> std::optional<uint64_t> {
    for (const Bytes buffer : buffers) taken->append(buffer.begin(), buffer.end());
    return 1000;
  };
}

TEST(EncoderTest, BuffersGoToASinkThatTakesThem) {
  ResultBlock first(DataType::kBinary, 2);
  first.Append(std::string_view("ab"));
  first.AppendNull();
  std::string taken;
  const auto reply = EncodeReply({&first, 1}, {.type = DataType::kBinary}, {}, Into(&taken));
  ASSERT_TRUE(reply.ok()) << reply.status();
  v1::PairwiseResponse response;
  ASSERT_TRUE(response.ParseFromString(*reply));
  const v1::Column& column = response.scores();
  EXPECT_EQ(taken, std::string("\x01"
                               "\0\0\0\0"
                               "\2\0\0\0"
                               "\2\0\0\0"
                               "ab",
                               15));
  EXPECT_EQ(column.type(), v1::DATA_TYPE_BINARY);
  EXPECT_EQ(column.length(), 2u);
  EXPECT_EQ(column.validity_span().offset(), 1000u);
  EXPECT_EQ(column.validity_span().length(), 1u);
  EXPECT_EQ(column.offsets_span().offset(), 1001u);
  EXPECT_EQ(column.offsets_span().length(), 12u);
  EXPECT_EQ(column.values_span().offset(), 1013u);
  EXPECT_EQ(column.values_span().length(), 2u);
  EXPECT_EQ(column.values_span().region(), "") << "it is the request's";
  EXPECT_EQ(column.values(), "");
}

TEST(EncoderTest, ASinkGetsTheValuesOfAllBlocksNarrowOrAsTheyAre) {
  const std::vector<ResultBlock> blocks =
      Blocks(Integers(DataType::kInt32, {1, 2}), Integers(DataType::kInt32, {258}));
  std::string wide;
  std::string narrow;
  const auto reply = EncodeReply(blocks, {.type = DataType::kInt32}, {}, Into(&wide));
  ASSERT_TRUE(reply.ok()) << reply.status();
  v1::PairwiseResponse response;
  ASSERT_TRUE(response.ParseFromString(*reply));
  EXPECT_EQ(response.scores().values_span().offset(), 1000u);
  EXPECT_EQ(response.scores().values_span().length(), 12u);
  ASSERT_TRUE(
      EncodeReply(blocks, {.type = DataType::kInt32, .narrow = true}, {}, Into(&narrow)).ok());
  EXPECT_EQ(wide, std::string("\1\0\0\0\2\0\0\0\2\1\0\0", 12));
  EXPECT_EQ(narrow, std::string("\1\0\2\0\2\1", 6));
}

TEST(EncoderTest, ASinkGetsBooleansAsBits) {
  std::vector<ResultBlock> blocks;
  for (const std::vector<bool>& values :
       {std::vector<bool>{true, false, true}, {true, true, false, false, true, true}}) {
    ResultBlock& block = blocks.emplace_back(DataType::kBool, values.size());
    for (const bool value : values) block.Append(value);
  }
  std::string taken;
  const auto reply = EncodeReply(blocks, {.type = DataType::kBool}, {}, Into(&taken));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(taken, std::string("\x9D\x01", 2));  // from the lowest bit: 1011 1001 1
  v1::PairwiseResponse response;
  ASSERT_TRUE(response.ParseFromString(*reply));
  EXPECT_EQ(response.scores().values_span().offset(), 1000u);
  EXPECT_EQ(response.scores().values_span().length(), 2u);
}

TEST(EncoderTest, ASinkGetsTheTextsOfAllBlocksBehindTheirOffsets) {
  std::vector<ResultBlock> blocks;
  blocks.emplace_back(DataType::kBinary, 2).Append(std::string_view("ab"));
  blocks.back().AppendNull();
  blocks.emplace_back(DataType::kBinary, 1).Append(std::string_view("c"));
  std::string taken;
  const auto reply = EncodeReply(blocks, {.type = DataType::kBinary}, {}, Into(&taken));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(taken, std::string("\5\0\0\0\0\2\0\0\0\2\0\0\0\3\0\0\0abc", 20));
  v1::PairwiseResponse response;
  ASSERT_TRUE(response.ParseFromString(*reply));
  EXPECT_EQ(response.scores().values_span().offset(), 1017u);
  EXPECT_EQ(response.scores().values_span().length(), 3u);
}

TEST(EncoderTest, WhatASinkRefusesIsSent) {
  const std::vector<ResultBlock> blocks =
      Blocks(Integers(DataType::kInt32, {1}), Integers(DataType::kInt32, {2}));
  const auto sent = EncodeReply(blocks, {.type = DataType::kInt32}, {});
  const auto refused = EncodeReply(blocks, {.type = DataType::kInt32}, {},
                                   [](auto) { return std::optional<uint64_t>(); });
  EXPECT_EQ(*refused, *sent);
}

}  // namespace
}  // namespace kernelserve::server

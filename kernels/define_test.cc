#include "kernels/define.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/result_values.h"

namespace kernelserve {
namespace {

using ::testing::ElementsAre;

// ---- kernels to define ----

uint64_t Successor(uint64_t n) { return n + 1; }

int64_t SizeDifference(Text a, Text b) {
  return static_cast<int64_t>(a.size()) - static_cast<int64_t>(b.size());
}

struct Divide {
  struct Parameters {
    int64_t bias = 0;
    std::optional<uint64_t> modulus;
    std::array<int64_t, 3> weights = {1, 2, 3};
    static constexpr auto Fields() {
      return std::tuple(ParameterField("bias", &Parameters::bias, "Added to the quotient."),
                        ParameterField("modulus", &Parameters::modulus, "Taken modulo it."),
                        ParameterField("weights", &Parameters::weights, "Three."));
    }
  };
  static absl::Status Validate(const Parameters& parameters) {
    if (parameters.modulus == 0u) {
      return MakeError(absl::StatusCode::kOutOfRange,
                       {.reason = "OUT_OF_RANGE", .field = "modulus"}, "modulus is 0");
    }
    return absl::OkStatus();
  }
  static absl::StatusOr<int64_t> Run(int64_t a, int64_t b, const Parameters& parameters,
                                     const StopToken& stop) {
    if (b == 0) {
      return MakeError(absl::StatusCode::kInvalidArgument, {.reason = "DIVISION", .field = "b"},
                       "b is 0");
    }
    return a / b + parameters.bias + parameters.weights[0] - 1;
  }
  static double Cost(int64_t a, int64_t b, const Parameters&) { return static_cast<double>(a); }
};

struct UnitCounts {  // counted by the block, or by a prepared left text
  static int64_t Run(Text a, Text b, const StopToken&) { return Score(a, b); }
  static int64_t Score(Text a, Text b) { return static_cast<int64_t>(100 * a.size() + b.size()); }
  static void RunBlock(std::span<const Text> a, std::span<const Text> b, const StopToken&,
                       std::span<int64_t> out) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = Score(a[i], b[i]);
  }
  static constexpr DataType kResults[] = {DataType::kInt32, DataType::kUint8};
};

struct Echo {
  static std::string Run(std::string_view bytes) { return std::string(bytes); }
  static uint64_t ResultBytes(size_t bytes) { return bytes; }
};

// ---- columns to give them ----

ColumnView Int64s(const std::vector<int64_t>& values) {
  return {.type = DataType::kInt64, .length = values.size(), .values = BytesOf(values)};
}

struct Strings {
  explicit Strings(const std::vector<std::string>& rows) {
    offsets.push_back(0);
    for (const std::string& row : rows) {
      bytes += row;
      offsets.push_back(static_cast<int32_t>(bytes.size()));
    }
    view = {.type = DataType::kUtf8,
            .length = rows.size(),
            .offsets = BytesOf(offsets),
            .values = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}};
  }
  std::vector<int32_t> offsets;
  std::string bytes;
  ColumnView view;
};

struct Outcome {
  absl::Status status;
  ResultBlock block;
};

Outcome RunAll(const Kernel& kernel, std::vector<ColumnView> columns, const Binding& binding = {},
               size_t rows = 0) {
  auto bound = kernel.bind(binding, columns);
  if (!bound.ok()) return {bound.status(), ResultBlock(DataType::kInt64, 0)};
  if (rows == 0) rows = columns[0].length;
  ResultBlock block((*bound)->result_type(), rows);
  absl::Status status = (*bound)->Run(0, rows, StopToken(), block);
  return {status, std::move(block)};
}

// ---- what they are defined as ----

TEST(DefineTest, SignatureBecomesDescription) {
  const Kernel kernel = Define<Divide>("divide", {"a", "b"}, "The quotient.");
  EXPECT_EQ(kernel.name, "divide");
  ASSERT_EQ(kernel.arguments.size(), 2u);
  EXPECT_EQ(kernel.arguments[0].name, "a");
  EXPECT_EQ(kernel.arguments[0].type, DataType::kInt64);
  ASSERT_EQ(kernel.parameters.size(), 3u);
  EXPECT_EQ(std::get<int64_t>(kernel.parameters[0].default_value), 0);
  EXPECT_EQ(kernel.parameters[1].type, DataType::kUint64);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(kernel.parameters[1].default_value));
  EXPECT_THAT(kernel.parameters[2].default_list, ElementsAre(1, 2, 3));
  EXPECT_THAT(kernel.results, ElementsAre(DataType::kInt64));
  EXPECT_TRUE(kernel.fallible);

  const Kernel plain = DefineFunction<Successor>("successor", {"n"}, "n + 1");
  EXPECT_EQ(plain.arguments[0].type, DataType::kUint64);
  EXPECT_THAT(plain.results, ElementsAre(DataType::kUint64));
  EXPECT_FALSE(plain.fallible);
}

TEST(DefineTest, AFunctionRunsOverAColumn) {
  const std::vector<int64_t> n = {0, 41, 7};
  const auto [status, block] =
      RunAll(DefineFunction<Successor>("successor", {"n"}, ""), {Int64s(n)});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(ValuesOf<uint64_t>(block), ElementsAre(1, 42, 8));
}

TEST(DefineTest, ANullArgumentMakesANullRow) {
  const std::vector<int64_t> n = {1, 2, 3};
  ColumnView column = Int64s(n);
  const uint8_t bits[] = {0b10100000, 0b1};  // from bit 5 on: 1, 0, 1
  column.validity = bits;
  column.bit_offset = 5;
  const auto [status, block] = RunAll(DefineFunction<Successor>("successor", {"n"}, ""), {column});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(block.null_count(), 1u);
  EXPECT_EQ(block.validity()[0] & 0b111, 0b101);
  EXPECT_THAT(ValuesOf<uint64_t>(block), ElementsAre(2, 0, 4));
}

TEST(DefineTest, ARowThatFailsEndsTheCallAndIsNamed) {
  const std::vector<int64_t> a = {10, 20, 30};
  const std::vector<int64_t> b = {1, 0, 0};
  const auto [status, block] =
      RunAll(Define<Divide>("divide", {"a", "b"}, ""), {Int64s(a), Int64s(b)});
  EXPECT_EQ(ErrorReason(status), "DIVISION");
  EXPECT_EQ(ErrorRow(status), "1");
  EXPECT_EQ(status.message(), "row 1: b is 0");
}

TEST(DefineTest, ARowThatFailsBecomesNullWhereThatIsAskedFor) {
  const std::vector<int64_t> a = {10, 20, 30};
  const std::vector<int64_t> b = {1, 0, 3};
  const auto [status, block] =
      RunAll(Define<Divide>("divide", {"a", "b"}, ""), {Int64s(a), Int64s(b)},
             {.row_errors = RowErrorPolicy::kNull});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(ValuesOf<int64_t>(block), ElementsAre(10, 0, 10));
  ASSERT_EQ(block.error_count(), 1u);
  EXPECT_EQ(block.errors()[0].row, 1u);
  EXPECT_EQ(block.errors()[0].reason, "DIVISION");
}

TEST(DefineTest, ANegativeNumberIsRefusedWhereTheKernelCounts) {
  const std::vector<int64_t> n = {1, -2};
  const auto [status, block] =
      RunAll(DefineFunction<Successor>("successor", {"n"}, ""), {Int64s(n)});
  EXPECT_EQ(ErrorReason(status), "OUT_OF_RANGE");
  EXPECT_EQ(ErrorField(status), "n");
  EXPECT_EQ(ErrorValue(status), "-2");
  EXPECT_EQ(ErrorRow(status), "1");
}

TEST(DefineTest, ParametersAreReadAndRefused) {
  const std::vector<int64_t> a = {10};
  const std::vector<int64_t> b = {5};
  const std::vector<int64_t> weights = {4, 5, 6};
  const Kernel kernel = Define<Divide>("divide", {"a", "b"}, "");
  const auto run = [&](std::string name, ParameterValue value) {
    return RunAll(kernel, {Int64s(a), Int64s(b)}, {.parameters = {{name, std::move(value)}}});
  };
  EXPECT_THAT(ValuesOf<int64_t>(run("bias", int64_t{100}).block), ElementsAre(102));
  EXPECT_THAT(ValuesOf<int64_t>(run("weights", Int64s(weights)).block), ElementsAre(5));
  EXPECT_EQ(ErrorReason(run("bias", 1.5).status), "WRONG_TYPE");
  EXPECT_EQ(ErrorReason(run("modulus", int64_t{0}).status), "OUT_OF_RANGE");
  EXPECT_EQ(ErrorReason(run("modulus", int64_t{-1}).status), "OUT_OF_RANGE");
  EXPECT_EQ(ErrorField(run("weights", Int64s(a)).status), "parameters.weights");
  const absl::Status unknown = run("modulos", int64_t{3}).status;
  EXPECT_EQ(ErrorReason(unknown), "UNKNOWN_PARAMETER");
  EXPECT_THAT(std::string(unknown.message()), testing::HasSubstr("did you mean 'modulus'?"));
  EXPECT_EQ(ErrorReason(RunAll(kernel, {Int64s(a), Int64s(b)}, {.score_cutoff = 1}).status),
            "INVALID_ARGUMENT");
}

TEST(DefineTest, ALiteralRepeats) {
  const Strings left({"abc"});
  const Strings right({"a", "", "abcd"});
  ColumnView literal = left.view;
  literal.repeat = true;
  const auto [status, block] =
      RunAll(DefineFunction<SizeDifference>("size_difference", {"left", "right"}, ""),
             {literal, right.view}, {}, 3);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(ValuesOf<int64_t>(block), ElementsAre(2, 3, -1));
}

TEST(DefineTest, BlocksGiveWhatRowsGiveAroundNullsAndErrors) {
  std::vector<std::string> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(i % 97 == 5 ? "\xff" : std::string(i % 50, 'x'));
  const Strings texts(rows);
  // Nulls at ever less distance from each other, of either side at other rows.
  const auto is_null = [](size_t row, size_t side) {
    return row > 300 && row < 800 && row % (100 - row / 10 + side) == 0;
  };
  std::vector<ColumnView> columns = {texts.view, texts.view};
  std::array<std::vector<uint8_t>, 2> bits;
  for (uint32_t side = 0; side < 2; ++side) {
    columns[side].bit_offset = 3 * side;
    bits[side].assign(126, 0xff);
    for (size_t row = 0; row < 1000; ++row) {
      const size_t bit = row + 3 * side;
      if (is_null(row, side)) bits[side][bit / 8] &= static_cast<uint8_t>(~(1 << bit % 8));
    }
    columns[side].validity = bits[side];
  }
  const auto [status, block] = RunAll(Define<UnitCounts>("units", {"left", "right"}, ""), columns,
                                      {.row_errors = RowErrorPolicy::kNull});
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(block.type(), DataType::kInt32);
  const std::vector<int32_t> values = ValuesOf<int32_t>(block);
  uint64_t errors = 0;
  for (size_t i = 0; i < 1000; ++i) {
    const bool invalid = i % 97 == 5 && !(is_null(i, 0) && is_null(i, 1));
    const bool valid = !invalid && !is_null(i, 0) && !is_null(i, 1);
    errors += invalid;
    EXPECT_EQ((block.validity()[i / 8] >> (i % 8)) & 1, valid) << i;
    EXPECT_EQ(values[i], valid ? static_cast<int32_t>(101 * (i % 50)) : 0) << i;
  }
  EXPECT_EQ(block.error_count(), errors);
}

struct BlockRows {  // each row's result: how many rows its block has
  static int64_t Run(Text, Text, const StopToken&) { return 1; }
  static void RunBlock(std::span<const Text>, std::span<const Text>, const StopToken&,
                       std::span<int64_t> out) {
    std::fill(out.begin(), out.end(), static_cast<int64_t>(out.size()));
  }
};

TEST(DefineTest, ABlockEndsBeforeAHugeTextOfItsDictionaryIsDecodedForEachRow) {
  std::string text;
  for (int i = 0; i < 100 << 10; ++i) text += "é";  // 100 KiB decoded, of 256 in a block
  const Strings dictionary({text});
  const Strings others(std::vector<std::string>(7, "x"));
  const std::vector<int64_t> indices(7, 0);
  ColumnView column = Int64s(indices);
  column.dictionary = std::make_shared<ColumnView>(dictionary.view);
  const Kernel kernel = Define<BlockRows>("block_rows", {"left", "right"}, "");
  for (const bool right : {false, true}) {
    const auto [status, block] =
        right ? RunAll(kernel, {others.view, column}) : RunAll(kernel, {column, others.view});
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(ValuesOf<int64_t>(block), ElementsAre(3, 3, 3, 3, 3, 3, 1));
  }
  // Row by row too: there are five rows with a value, of which three fill a block.
  const uint8_t bits[] = {0b1110101};
  column.validity = bits;
  const auto [status, block] = RunAll(kernel, {column, others.view});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(ValuesOf<int64_t>(block), ElementsAre(3, 0, 3, 0, 3, 2, 2));
}

TEST(DefineTest, ABlockEndsBeforeAHugeTextOfItsViewsIsDecodedForEachRow) {
  std::string text;
  for (int i = 0; i < 100 << 10; ++i) text += "é";
  const std::vector<int32_t> view = {static_cast<int32_t>(text.size()), 0, 0, 0};
  std::vector<int32_t> views;
  for (int row = 0; row < 4; ++row) views.insert(views.end(), view.begin(), view.end());
  const ColumnView column = {
      .type = DataType::kUtf8View,
      .length = 4,
      .values = BytesOf(views),
      .view_buffers = {{reinterpret_cast<const uint8_t*>(text.data()), text.size()}}};
  const auto [status, block] =
      RunAll(Define<BlockRows>("block_rows", {"left", "right"}, ""), {column, column});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(ValuesOf<int64_t>(block), ElementsAre(3, 3, 3, 1));
}

TEST(DefineTest, ANarrowResultTypeSaturates) {
  const Strings left({"ab", "abcd"});
  const auto [status, block] = RunAll(Define<UnitCounts>("units", {"left", "right"}, ""),
                                      {left.view, left.view}, {.result_type = DataType::kUint8});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(ValuesOf<uint8_t>(block), ElementsAre(202, 255));
}

TEST(DefineTest, AnotherResultTypeIsRefused) {
  const Strings left({"ab"});
  const absl::Status status = RunAll(Define<UnitCounts>("units", {"left", "right"}, ""),
                                     {left.view, left.view}, {.result_type = DataType::kUtf8})
                                  .status;
  EXPECT_EQ(ErrorReason(status), "WRONG_TYPE");
  EXPECT_EQ(ErrorBound(status), "int32, uint8");
}

TEST(DefineTest, TextResultsCarryTheirEnds) {
  const Strings texts({"ab", "", "cde"});
  const Kernel kernel = Define<Echo>("echo", {"bytes"}, "");
  const auto [status, block] = RunAll(kernel, {texts.view});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(block.ends(), ElementsAre(2, 2, 5));
  std::vector<ColumnView> columns = {texts.view};
  EXPECT_EQ((*kernel.bind({}, columns))->ResultBytesMax(3), 3 * 4 + 5u);
}

TEST(DefineTest, TasksEndWhereTheirCostIsReached) {
  const std::vector<int64_t> a = {100, 100, 100, 1'000'000, 1};
  const std::vector<int64_t> b = {1, 1, 1, 1, 1};
  const std::vector<ColumnView> columns = {Int64s(a), Int64s(b)};
  const auto bound = Define<Divide>("divide", {"a", "b"}, "").bind({}, columns);
  ASSERT_TRUE(bound.ok());
  double cost = 0;
  EXPECT_EQ((*bound)->TaskEnd(0, 5, 200, &cost), 2u);
  EXPECT_EQ(cost, 200);
  EXPECT_EQ((*bound)->TaskEnd(2, 5, 200, &cost), 4u);
  EXPECT_EQ((*bound)->TaskEnd(4, 5, 200, &cost), 5u);
  EXPECT_EQ((*bound)->CostNs(5), 1'000'301);
}

TEST(DefineTest, DearRowsBetweenThoseThatWereAlwaysSampledAreEstimated) {
  // Every row but each first of a sampled run: it was these that stood for all.
  constexpr size_t kEvery = define_internal::kSampleEvery;
  std::vector<int64_t> a(1'000'000, 1'000'000);
  for (size_t row = 0; row < a.size(); row += kEvery) a[row] = 1;
  const std::vector<int64_t> b(a.size(), 1);
  const std::vector<ColumnView> columns = {Int64s(a), Int64s(b)};
  const auto bound = Define<Divide>("divide", {"a", "b"}, "").bind({}, columns);
  ASSERT_TRUE(bound.ok());
  // 2,000 dear rows are a task: 32 samples. That ten of some more find a row that is not dear, and
  // let 64 rows more into the task each, has a chance below 10^-8.
  double cost = 0;
  EXPECT_LE((*bound)->TaskEnd(0, a.size(), 2e9, &cost), 2'000u + 10 * kEvery);
  EXPECT_GT((*bound)->CostNs(a.size()), 0.5e12);
}

struct Free {  // does not look at its text
  static int64_t Run(Text) { return 0; }
  static double Cost(size_t) { return 10; }
};

TEST(DefineTest, ATextIsReadEvenWhereTheKernelTakesNothing) {
  const std::string text(1 << 20, 'x');
  const Strings dictionary({text});
  const std::vector<int64_t> indices(20'000, 0);
  ColumnView column = Int64s(indices);
  column.dictionary = std::make_shared<ColumnView>(dictionary.view);
  const std::vector<ColumnView> columns = {column};
  const auto bound = Define<Free>("free", {"text"}, "").bind({}, columns);
  ASSERT_TRUE(bound.ok());
  double cost = 0;
  // A megabyte takes half a millisecond to read.
  EXPECT_EQ((*bound)->TaskEnd(0, indices.size(), 1e6, &cost), 2u);
  EXPECT_NEAR(cost, 1e6, 0.1e6);
  EXPECT_GT((*bound)->CostNs(indices.size()), 1e9);
}

TEST(DefineTest, AStoppedKernelReturnsEarly) {
  const std::vector<int64_t> n(1000, 1);
  const std::vector<ColumnView> columns = {Int64s(n)};
  const auto bound = DefineFunction<Successor>("successor", {"n"}, "").bind({}, columns);
  const std::atomic<bool> stopped = true;
  ResultBlock block(DataType::kUint64, 1000);
  EXPECT_EQ((*bound)->Run(0, 1000, StopToken(&stopped), block).code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(block.rows(), 0u);
}

}  // namespace
}  // namespace kernelserve

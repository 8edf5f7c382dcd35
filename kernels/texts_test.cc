#include "kernels/texts.h"

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/catalog.h"
#include "kernels/column_reader.h"
#include "kernels/error.h"
#include "kernels/string_distance/choices.h"

namespace kernelserve {
namespace {

template <typename T>
std::string Packed(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// A UTF8 column and what it points to.
class Column {
 public:
  explicit Column(const std::vector<std::string>& texts) {
    std::vector<int32_t> ends = {0};
    for (const std::string& text : texts) {
      values_ += text;
      ends.push_back(static_cast<int32_t>(values_.size()));
    }
    offsets_ = Packed(ends);
    view_ = {.type = DataType::kUtf8,
             .length = texts.size(),
             .offsets = BytesOf(offsets_),
             .values = BytesOf(values_)};
  }
  const ColumnView& view() const { return view_; }

 private:
  std::string offsets_;
  std::string values_;
  ColumnView view_;
};

Texts Read(const ColumnView& column, Preprocessing preprocessing = Preprocessing::kNone) {
  absl::StatusOr<Texts> texts =
      Texts::Read(column, "texts", RowErrorPolicy::kFail, {}, preprocessing);
  EXPECT_TRUE(texts.ok()) << texts.status();
  return *std::move(texts);
}

TEST(TextsTest, ReadsProcessedTexts) {
  const Column column({"  New-York!", "?", ""});
  const Texts texts = Read(column.view(), Preprocessing::kDefaultProcess);
  EXPECT_TRUE(texts[0] == Text(std::string_view("new york")));
  EXPECT_TRUE(texts[1].empty());
  EXPECT_TRUE(texts[2].empty());
}

TEST(TextsTest, TakeNoMoreThanWasSaidBefore) {
  const std::string wide = "\xf0\x9f\x98\x80";
  std::vector<std::vector<std::string>> columns = {
      {},
      {""},
      {"a"},
      std::vector<std::string>(1000, "word"),
      {std::string(1'000'000, 'x')},
      std::vector<std::string>(20, std::string(33'000, 'x')),
      // In four bytes a unit.
      std::vector<std::string>(1000, std::string(100, 'x') + wide),
      {wide}};
  // A chunk's rest stays empty where the next text does not fit.
  std::vector<std::string> uneven;
  for (int i = 0; i < 20; ++i) {
    uneven.push_back(std::string(65'500, 'x'));
    uneven.push_back("y");
  }
  columns.push_back(uneven);
  for (const auto& column : columns) {
    const Column made(column);
    EXPECT_LE(Read(made.view()).bytes(), Texts::BytesMax(made.view())) << column.size();
  }
}

TEST(TextsTest, CountARowOfADictionaryOrAViewAsOftenAsItComes) {
  const Column words({std::string(1000, 'x')});
  const std::string indices(500, '\0');
  const ColumnView dictionary{.type = DataType::kUint8,
                              .length = 500,
                              .values = BytesOf(indices),
                              .dictionary = std::make_shared<ColumnView>(words.view())};
  EXPECT_GE(Texts::BytesMax(dictionary), 500'000u);
  EXPECT_LE(Read(dictionary).bytes(), Texts::BytesMax(dictionary));

  const std::string buffer(1000, 'x');
  std::vector<int32_t> view;
  for (int row = 0; row < 500; ++row) view.insert(view.end(), {1000, 0, 0, 0});
  const std::string views = Packed(view);
  const ColumnView of_views{.type = DataType::kUtf8View,
                            .length = 500,
                            .values = BytesOf(views),
                            .view_buffers = {BytesOf(buffer)}};
  EXPECT_GE(Texts::BytesMax(of_views), 500'000u);
  EXPECT_LE(Read(of_views).bytes(), Texts::BytesMax(of_views));
}

TEST(TextsTest, ShortViewsMayHoldAnything) {
  // Three characters of four bytes each, in the view itself.
  std::string view = {'\x0c', 0, 0, 0};
  for (int i = 0; i < 3; ++i) view += "\xf0\x9f\x98\x80";
  std::string views;
  for (int row = 0; row < 20'000; ++row) views += view;
  const ColumnView column{.type = DataType::kUtf8View, .length = 20'000, .values = BytesOf(views)};
  EXPECT_LE(Read(column).bytes(), Texts::BytesMax(column));
}

// As runs between nulls, which begin at any bit and have any length.
TEST(TextsTest, ReadsWhatIsBetweenNulls) {
  constexpr uint32_t kBitOffset = 5;
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i)
    texts.push_back(std::string(i % 40, 'a') + (i % 3 ? "b" : "\xc3\xa9"));
  std::vector<uint8_t> validity((texts.size() + kBitOffset + 7) / 8 + 1, 0);
  std::vector<bool> valid;
  for (size_t row = 0; row < texts.size(); ++row) {
    // Dense, then none, then in ever longer runs.
    valid.push_back(row < 700 || (row > 1400 && row % (2 + row / 100) != 0));
    const size_t bit = row + kBitOffset;
    if (valid[row]) validity[bit / 8] |= static_cast<uint8_t>(1 << bit % 8);
  }
  const Column made(texts);
  ColumnView offsets = made.view();
  std::string all;
  std::vector<int32_t> view;
  for (size_t row = 0; row < texts.size(); ++row) {
    const auto size = static_cast<int32_t>(texts[row].size());
    std::array<int32_t, 4> words = {size, 0, 0, static_cast<int32_t>(all.size())};
    if (size <= 12) {
      std::memcpy(&words[1], texts[row].data(), texts[row].size());
    } else {
      all += texts[row];
    }
    if (!valid[row]) words = {-1, -1, -1, -1};  // which nobody is to look at
    view.insert(view.end(), words.begin(), words.end());
  }
  const std::string packed = Packed(view);
  ColumnView views{.type = DataType::kUtf8View,
                   .length = texts.size(),
                   .values = BytesOf(packed),
                   .view_buffers = {BytesOf(all)}};
  for (ColumnView* column : {&offsets, &views}) {
    column->validity = BytesOf(validity);
    column->bit_offset = kBitOffset;
    const Texts read = Read(*column);
    ASSERT_EQ(read.size(), texts.size());
    for (size_t row = 0; row < texts.size(); ++row) {
      ASSERT_EQ(read.is_null(row), !valid[row]) << row;
      const Column one({valid[row] ? texts[row] : ""});
      ASSERT_TRUE(read[row] == Read(one.view())[0]) << row;
    }
    EXPECT_LE(read.bytes(), Texts::BytesMax(*column));
    EXPECT_LT(Texts::BytesMax(*column), 1'000'000u);
  }
}

TEST(TextsTest, ColumnsThatAreNoTextAreRefused) {
  const ColumnView numbers{.type = DataType::kInt32};
  const absl::Status number = CheckTextColumn(numbers, "queries", Preprocessing::kNone);
  EXPECT_EQ(ErrorReason(number), "WRONG_TYPE");
  EXPECT_EQ(ErrorField(number), "queries");
  EXPECT_EQ(ErrorValue(number), "int32");
  const ColumnView symbols{.type = DataType::kSymbols};
  EXPECT_TRUE(CheckTextColumn(symbols, "queries", Preprocessing::kNone).ok());
  EXPECT_EQ(ErrorReason(CheckTextColumn(symbols, "queries", Preprocessing::kDefaultProcess)),
            "WRONG_TYPE");
  EXPECT_TRUE(CheckTextColumn({.type = DataType::kNull}, "queries", Preprocessing::kNone).ok());
}

TEST(TextsTest, ChoicesTakeNoMoreThanWasSaidBefore) {
  std::vector<std::string> words;
  for (int i = 0; i < 30'000; ++i) words.push_back(std::to_string(i * 7919));
  const Column column(words);
  const Choices choices(Read(column.view()));
  EXPECT_LE(choices.bytes(), Texts::BytesMax(column.view()) + words.size() * Choices::kBytesEach);
}

TEST(TextsTest, ChoicesAreNotPreparedOnceNobodyWaits) {
  const std::atomic<bool> stopped = true;
  const Column column(std::vector<std::string>(10'000, "word"));
  const Choices choices(Read(column.view()), StopToken(&stopped));
  for (const SortedTexts& block : choices.blocks()) EXPECT_TRUE(block.order().empty());
  EXPECT_TRUE(choices.index().runs().empty());
}

bool IsSymmetric(const std::string& name, std::vector<int64_t> weights = {}) {
  Binding binding;
  const std::string values = Packed(weights);
  if (!weights.empty()) {
    binding.parameters = {
        {.name = "weights",
         .value = ColumnView{
             .type = DataType::kInt64, .length = weights.size(), .values = BytesOf(values)}}};
  }
  return (*(*FindScorer(name, "scorer"))->bind_scorer(binding))->IsSymmetric();
}

TEST(TextScorerTest, IsSymmetricUnlessInsertingAndDeletingDiffer) {
  for (const Kernel& kernel : Catalog()) {
    if (!kernel.scorer) continue;
    EXPECT_TRUE(IsSymmetric(kernel.name)) << kernel.name;
  }
  EXPECT_TRUE(IsSymmetric("levenshtein.distance", {2, 2, 1}));
  EXPECT_FALSE(IsSymmetric("levenshtein.distance", {1, 2, 1}));
  EXPECT_FALSE(IsSymmetric("levenshtein.normalized_similarity", {2, 1, 2}));
}

}  // namespace
}  // namespace kernelserve

#include "kernels/catalog.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/error.h"

namespace kernelserve {
namespace {

TEST(CatalogTest, NamesAreUniqueAndEveryKernelIsDescribed) {
  std::set<std::string> names;
  for (const Kernel& kernel : Catalog()) {
    SCOPED_TRACE(kernel.name);
    EXPECT_TRUE(names.insert(kernel.name).second);
    EXPECT_FALSE(kernel.doc.empty());
    EXPECT_FALSE(kernel.arguments.empty());
    EXPECT_FALSE(kernel.results.empty());
    EXPECT_TRUE(kernel.bind);
    for (const Field& field : kernel.parameters) EXPECT_FALSE(field.doc.empty()) << field.name;
  }
}

TEST(CatalogTest, ScorersTakeTwoTextsAndGiveANumber) {
  for (const Kernel& kernel : Catalog()) {
    if (!kernel.scorer) continue;
    SCOPED_TRACE(kernel.name);
    ASSERT_EQ(kernel.arguments.size(), 2u);
    EXPECT_EQ(kernel.arguments[0].name, "left");
    EXPECT_EQ(kernel.arguments[1].name, "right");
    EXPECT_EQ(kernel.arguments[0].type, DataType::kUtf8);
    EXPECT_EQ(kernel.arguments[1].type, DataType::kUtf8);
    EXPECT_TRUE(kernel.results[0] == DataType::kInt32 || kernel.results[0] == DataType::kFloat64);
  }
}

TEST(CatalogTest, EveryScorerGivesEachTypeItOffersAndRefusesOthers) {
  const ColumnView texts{.type = DataType::kUtf8, .length = 0};
  const ColumnView columns[] = {texts, texts};
  for (const Kernel& kernel : Catalog()) {
    if (!kernel.scorer) continue;
    SCOPED_TRACE(kernel.name);
    for (const DataType type : kernel.results) {
      const auto bound = kernel.bind({.result_type = type}, columns);
      ASSERT_TRUE(bound.ok()) << bound.status();
      EXPECT_EQ((*bound)->result_type(), type);
    }
    const auto refused = kernel.bind({.result_type = DataType::kUtf8}, columns);
    EXPECT_EQ(ErrorReason(refused.status()), "WRONG_TYPE");
  }
}

TEST(CatalogTest, AKernelIsFoundByName) {
  const auto kernel = FindKernel("fibonacci", "kernel");
  ASSERT_TRUE(kernel.ok());
  EXPECT_EQ((*kernel)->name, "fibonacci");
  EXPECT_THAT((*kernel)->results, testing::ElementsAre(DataType::kUint64, DataType::kBinary));
}

TEST(CatalogTest, AnUnknownNameGetsASuggestion) {
  const absl::Status status = FindKernel("fibonaci", "kernel").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(status), "UNKNOWN_KERNEL");
  EXPECT_EQ(ErrorField(status), "kernel");
  EXPECT_EQ(ErrorBound(status), "fibonacci");
  EXPECT_EQ(status.message(), "there is no kernel 'fibonaci'; did you mean 'fibonacci'?");
}

TEST(CatalogTest, AKernelThatIsNoScorerIsNotFoundAmongThese) {
  EXPECT_EQ(ErrorReason(FindScorer("fibonacci", "scorer.name").status()), "UNKNOWN_SCORER");
  EXPECT_TRUE(FindScorer("levenshtein.normalized_similarity", "scorer.name").ok());
}

TEST(CatalogTest, TheDigestHasSixteenDigits) {
  EXPECT_THAT(CatalogDigest(), testing::MatchesRegex("[0-9a-f]{16}"));
}

const Kernel& Scorer(absl::string_view name) { return **FindScorer(name, "scorer.name"); }

TEST(CatalogTest, EditsHeedParametersAsScoresDo) {
  const auto& editops = Scorer("hamming.distance").editops;
  const Text left(std::string_view("abc"));
  const Text right(std::string_view("xb"));
  EXPECT_EQ(editops.run({}, left, right, {})->size(), 2u);
  const Binding no_pad{.parameters = {{"pad", false}}};
  EXPECT_EQ(ErrorReason(editops.run(no_pad, left, right, {}).status()), "ROW_FAILED");
  EXPECT_TRUE(editops.run(no_pad, left, left, {}).ok());
  const Binding unknown{.parameters = {{"pda", false}}};
  EXPECT_EQ(ErrorReason(editops.run(unknown, left, right, {}).status()), "UNKNOWN_PARAMETER");
}

TEST(CatalogTest, EveryFormOfAMetricHasItsEditsOrNoneHas) {
  for (const char* form : {"distance", "similarity", "normalized_distance"}) {
    EXPECT_TRUE(Scorer(absl::StrCat("osa.", form)).editops);
    EXPECT_FALSE(Scorer(absl::StrCat("jaro.", form)).editops);
  }
}

TEST(CatalogTest, AnAlignmentBelowTheCutoffIsNone) {
  const auto& align = Scorer("fuzz.partial_ratio").align;
  const Text left(std::string_view("ab"));
  const Text right(std::string_view("xay"));
  const auto found = *align.run({.score_cutoff = 50}, left, right, {});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->score, 50);
  EXPECT_FALSE(align.run({.score_cutoff = 51}, left, right, {})->has_value());
  EXPECT_EQ(ErrorReason(align.run({.score_cutoff = -1}, left, right, {}).status()), "OUT_OF_RANGE");
}

}  // namespace
}  // namespace kernelserve

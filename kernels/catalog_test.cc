#include "kernels/catalog.h"

#include <algorithm>
#include <set>
#include <string>

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

}  // namespace
}  // namespace kernelserve

#include "server/shared_memory/region_table.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/limits.h"
#include "server/shared_memory/memfd.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

class RegionTableTest : public ::testing::Test {
 protected:
  ~RegionTableTest() override {
    for (const std::string& token : tokens_) table_.Remove(token);
    EXPECT_EQ(memory_.reserved(), 0u);
    EXPECT_TRUE(table_.empty());
  }

  std::string Add(const std::string& bytes) {
    const absl::StatusOr<std::string> token = table_.Add(MakeMemfdRegion(bytes));
    EXPECT_TRUE(token.ok()) << token.status();
    tokens_.push_back(*token);
    return *token;
  }
  std::string Refusal(const std::string& bytes) {
    return std::string(table_.Add(MakeMemfdRegion(bytes)).status().message());
  }

  static constexpr uint64_t kBudget = 1 << 20;
  MemoryBudget memory_{kBudget};
  RegionTable table_{&memory_};
  std::vector<std::string> tokens_;
};

TEST_F(RegionTableTest, ARegionIsFoundByItsTokenUntilItIsRemoved) {
  const std::string token = Add("some bytes");
  EXPECT_EQ(token.size(), RegionTable::kTokenBytes);
  const std::shared_ptr<Region> region = table_.Find(token);
  ASSERT_NE(region, nullptr);
  EXPECT_EQ(ReadAll(*region), "some bytes");
  EXPECT_EQ(memory_.reserved(), 10u);
  table_.Remove(token);
  EXPECT_EQ(table_.Find(token), nullptr);
  EXPECT_EQ(memory_.reserved(), 0u);
  EXPECT_EQ(ReadAll(*region), "some bytes") << "a call under way keeps it";
}

TEST_F(RegionTableTest, TokensDiffer) {
  EXPECT_NE(Add("a"), Add("a"));
  EXPECT_EQ(table_.Find(""), nullptr);
  EXPECT_EQ(table_.Find(std::string(RegionTable::kTokenBytes, '\0')), nullptr);
}

TEST_F(RegionTableTest, AllRegionsHaveAPartOfTheBudget) {
  const std::string quarter(kBudget / 4, 'x');
  const std::string token = Add(quarter);
  EXPECT_EQ(Refusal("x"), "regions have 262144 bytes, with these 1 they would have over 262144");
  table_.Remove(token);
  Add("x");
}

TEST_F(RegionTableTest, RegionsTakeNothingThatCallsHave) {
  MemoryBudget::Reservation calls(&memory_);
  ASSERT_TRUE(calls.Grow(kBudget).ok());
  EXPECT_THAT(Refusal("x"), HasSubstr("0 of the server's budget"));
}

TEST_F(RegionTableTest, ThereAreSoManyRegions) {
  for (size_t i = 0; i < kRegionsMax; ++i) Add("x");
  EXPECT_EQ(Refusal("x"), "there are 256 regions");
}

}  // namespace
}  // namespace kernelserve::server

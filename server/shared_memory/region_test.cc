#include "server/shared_memory/region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/limits.h"
#include "server/shared_memory/memfd.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string ReadAll(const Region& region) {
  std::string bytes(region.size(), '?');
  EXPECT_TRUE(region.Read(0, bytes.size(), reinterpret_cast<uint8_t*>(bytes.data())));
  return bytes;
}

class RegionTableTest : public ::testing::Test {
 protected:
  ~RegionTableTest() override {
    for (const std::string& token : tokens_) table_.Remove(token);
    EXPECT_EQ(memory_.reserved(), 0u);
    EXPECT_TRUE(table_.empty());
  }

  std::string Add(Descriptor memory) {
    const absl::StatusOr<std::string> token = table_.Add(std::move(memory));
    EXPECT_TRUE(token.ok()) << token.status();
    tokens_.push_back(*token);
    return *token;
  }
  std::string Refusal(Descriptor memory) {
    return std::string(table_.Add(std::move(memory)).status().message());
  }

  static constexpr uint64_t kBudget = 1 << 20;
  MemoryBudget memory_{kBudget};
  RegionTable table_{&memory_};
  std::vector<std::string> tokens_;
};

TEST_F(RegionTableTest, ARegionIsFoundByItsTokenUntilItIsRemoved) {
  const std::string token = Add(MakeMemfd("some bytes"));
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
  EXPECT_NE(Add(MakeMemfd("a")), Add(MakeMemfd("a")));
  EXPECT_EQ(table_.Find(""), nullptr);
  EXPECT_EQ(table_.Find(std::string(RegionTable::kTokenBytes, '\0')), nullptr);
}

TEST_F(RegionTableTest, MemoryThatMayShrinkIsRefused) {
  for (const int seal : {F_SEAL_SHRINK, F_SEAL_GROW}) {
    EXPECT_EQ(Refusal(MakeMemfd("bytes", seal)),
              "the memory is not sealed with F_SEAL_SHRINK and F_SEAL_GROW");
  }
}

TEST_F(RegionTableTest, OnceTakenItDoesNotShrink) {
  const Descriptor memory = MakeMemfd("some bytes");
  Add(Duplicate(memory));
  EXPECT_NE(ftruncate(memory.get(), 0), 0);
}

TEST_F(RegionTableTest, WhatIsNoMemfdIsRefused) {
  const std::string refusal = "the descriptor is not of memory made by memfd_create";
  std::array<int, 2> ends;
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  EXPECT_EQ(Refusal(Descriptor(ends[0])), refusal);
  EXPECT_EQ(Refusal(Descriptor(ends[1])), refusal);
  EXPECT_EQ(Refusal(Descriptor(open("/dev/zero", O_RDWR | O_CLOEXEC))), refusal);
  std::string path = ::testing::TempDir() + "regionXXXXXX";
  Descriptor file(mkstemp(path.data()));
  unlink(path.c_str());
  EXPECT_EQ(Refusal(std::move(file)), refusal);
  // On a tmpfs, a file has seals, but none can be added.
  EXPECT_NE(Refusal(Descriptor(open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))), "");
}

TEST_F(RegionTableTest, HugePagesWhichMayRunOutAreRefused) {
  Descriptor memory(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB));
  if (!memory.is_open()) GTEST_SKIP() << "this system has no huge pages";
  ASSERT_EQ(ftruncate(memory.get(), 2 << 20), 0);
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
  EXPECT_THAT(Refusal(std::move(memory)), HasSubstr("is not of memory made by memfd_create"));
}

TEST_F(RegionTableTest, MemoryThatCannotBeWrittenIsRefused) {
  const Descriptor memory = MakeMemfd("bytes");
  const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
  EXPECT_EQ(Refusal(Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC))),
            "the descriptor is not open for reading and writing");
}

TEST_F(RegionTableTest, NothingIsNoRegion) {
  EXPECT_EQ(Refusal(MakeMemfd("")), "the memory has no bytes");
}

TEST_F(RegionTableTest, OneRegionHasABound) {
  Descriptor memory = MakeMemfd("", 0);
  ASSERT_EQ(ftruncate(memory.get(), kRegionBytesMax + 1), 0);
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
  EXPECT_EQ(Refusal(std::move(memory)),
            "the memory has 268435457 bytes, at most 268435456 make a region");
}

TEST_F(RegionTableTest, AllRegionsHaveAPartOfTheBudget) {
  const std::string quarter(kBudget / 4, 'x');
  const std::string token = Add(MakeMemfd(quarter));
  EXPECT_EQ(Refusal(MakeMemfd("x")),
            "regions have 262144 bytes, with these 1 they would have over 262144");
  table_.Remove(token);
  Add(MakeMemfd("x"));
}

TEST_F(RegionTableTest, RegionsTakeNothingThatCallsHave) {
  MemoryBudget::Reservation calls(&memory_);
  ASSERT_TRUE(calls.Grow(kBudget).ok());
  EXPECT_THAT(Refusal(MakeMemfd("x")), HasSubstr("0 of the server's budget"));
}

TEST_F(RegionTableTest, ThereAreSoManyRegions) {
  for (size_t i = 0; i < kRegionsMax; ++i) Add(MakeMemfd("x"));
  EXPECT_EQ(Refusal(MakeMemfd("x")), "there are 256 regions");
}

TEST(RegionTest, AHoleIsZeros) {
  const Descriptor memory = MakeMemfd(std::string(3 * 4096, 'x'));
  const Region region(Duplicate(memory), 3 * 4096);
  ASSERT_EQ(fallocate(memory.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096), 0);
  EXPECT_EQ(ReadAll(region),
            std::string(4096, 'x') + std::string(4096, '\0') + std::string(4096, 'x'));
}

TEST(RegionTest, PastTheEndIsNothingToRead) {
  const Region region(MakeMemfd("abc"), 3);
  std::array<uint8_t, 4> bytes;
  EXPECT_FALSE(region.Read(0, 4, bytes.data()));
  EXPECT_FALSE(region.Read(3, 1, bytes.data()));
  EXPECT_TRUE(region.Read(3, 0, bytes.data()));
}

TEST(RegionTest, ResultsOfAnEarlierTurnAreNotWritten) {
  Region region(MakeMemfd("......"), 6);
  region.Begin(1);
  EXPECT_TRUE(region.Write(1, 1, BytesOf("ab")));
  region.Begin(2);
  EXPECT_FALSE(region.Write(1, 1, BytesOf("late")));
  EXPECT_EQ(ReadAll(region), ".ab...");
  // A call that was given up may even begin after the one that was made in its place.
  region.Begin(1);
  EXPECT_FALSE(region.Write(1, 1, BytesOf("late")));
  EXPECT_TRUE(region.Write(2, 3, BytesOf("cd")));
  EXPECT_EQ(ReadAll(region), ".abcd.");
}

TEST(RegionTest, ResultsAreNotWrittenToMemoryThatWasSealedMeanwhile) {
  const Descriptor memory = MakeMemfd("...");
  Region region(Duplicate(memory), 3);
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  EXPECT_FALSE(region.Write(0, 0, BytesOf("a")));
}

}  // namespace
}  // namespace kernelserve::server

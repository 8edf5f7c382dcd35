#include "server/shared_memory/memfd_region.h"

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

std::string Refusal(Descriptor memory) {
  return std::string(MemfdRegion::Open(std::move(memory)).status().message());
}

TEST(MemfdRegionTest, MemoryThatMayShrinkIsRefused) {
  for (const int seal : {F_SEAL_SHRINK, F_SEAL_GROW}) {
    EXPECT_EQ(Refusal(MakeMemfd("bytes", seal)),
              "the memory is not sealed with F_SEAL_SHRINK and F_SEAL_GROW");
  }
}

TEST(MemfdRegionTest, OnceTakenItDoesNotShrink) {
  const Descriptor memory = MakeMemfd("some bytes");
  const auto region = MemfdRegion::Open(Duplicate(memory));
  ASSERT_TRUE(region.ok()) << region.status();
  EXPECT_NE(ftruncate(memory.get(), 0), 0);
}

TEST(MemfdRegionTest, WhatIsNoMemfdIsRefused) {
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

TEST(MemfdRegionTest, HugePagesWhichMayRunOutAreRefused) {
  Descriptor memory(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB));
  if (!memory.is_open()) GTEST_SKIP() << "this system has no huge pages";
  ASSERT_EQ(ftruncate(memory.get(), 2 << 20), 0);
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
  EXPECT_THAT(Refusal(std::move(memory)), HasSubstr("is not of memory made by memfd_create"));
}

TEST(MemfdRegionTest, MemoryThatCannotBeWrittenIsRefused) {
  const Descriptor memory = MakeMemfd("bytes");
  const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
  EXPECT_EQ(Refusal(Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC))),
            "the descriptor is not open for reading and writing");
}

TEST(MemfdRegionTest, NothingIsNoRegion) {
  EXPECT_EQ(Refusal(MakeMemfd("")), "the memory has no bytes");
}

TEST(MemfdRegionTest, OneRegionHasABound) {
  Descriptor memory = MakeMemfd("", 0);
  ASSERT_EQ(ftruncate(memory.get(), kRegionBytesMax + 1), 0);
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
  EXPECT_EQ(Refusal(std::move(memory)),
            "the memory has 268435457 bytes, at most 268435456 make a region");
}

TEST(MemfdRegionTest, AHoleIsZeros) {
  const Descriptor memory = MakeMemfd(std::string(3 * 4096, 'x'));
  const MemfdRegion region(Duplicate(memory), 3 * 4096);
  ASSERT_EQ(fallocate(memory.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096), 0);
  EXPECT_EQ(ReadAll(region),
            std::string(4096, 'x') + std::string(4096, '\0') + std::string(4096, 'x'));
}

TEST(MemfdRegionTest, PastTheEndIsNothingToRead) {
  const MemfdRegion region(MakeMemfd("abc"), 3);
  std::array<uint8_t, 4> bytes;
  EXPECT_FALSE(region.Read(0, 4, bytes.data()));
  EXPECT_FALSE(region.Read(3, 1, bytes.data()));
  EXPECT_TRUE(region.Read(3, 0, bytes.data()));
}

TEST(MemfdRegionTest, ResultsOfAnEarlierTurnAreNotWritten) {
  MemfdRegion region(MakeMemfd("......"), 6);
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

TEST(MemfdRegionTest, ResultsAreNotWrittenToMemoryThatWasSealedMeanwhile) {
  const Descriptor memory = MakeMemfd("...");
  MemfdRegion region(Duplicate(memory), 3);
  ASSERT_EQ(fcntl(memory.get(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  EXPECT_FALSE(region.Write(0, 0, BytesOf("a")));
}

}  // namespace
}  // namespace kernelserve::server

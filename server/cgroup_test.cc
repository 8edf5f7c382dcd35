#include "server/cgroup.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

// A root file system of nothing but the files that a test writes.
class CgroupTest : public ::testing::Test {
 protected:
  CgroupTest() {
    std::string name = (std::filesystem::temp_directory_path() / "cgroup_test_XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~CgroupTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& file, const std::string& content) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << content;
  }

  std::filesystem::path root_;
};

TEST_F(CgroupTest, BoundsNothingWhereThereIsNoCgroup) {
  EXPECT_EQ(CgroupCpus(root_), std::nullopt);
  EXPECT_EQ(CgroupMemoryBytes(root_), std::nullopt);
  EXPECT_GE(UsableCpus(root_), 1u);
}

TEST_F(CgroupTest, ReadsTheQuotaOfVersion2) {
  Write("proc/self/cgroup", "0::/system.slice/docker-1.scope\n");
  Write("sys/fs/cgroup/system.slice/docker-1.scope/cpu.max", "150000 100000\n");
  Write("sys/fs/cgroup/system.slice/docker-1.scope/memory.max", "1073741824\n");
  EXPECT_EQ(CgroupCpus(root_), 1.5);
  EXPECT_EQ(UsableCpus(root_), 1u);
  EXPECT_EQ(CgroupMemoryBytes(root_), 1073741824u);
}

TEST_F(CgroupTest, TakesTheLowestBoundOfAllGroupsAbove) {
  Write("proc/self/cgroup", "0::/a/b\n");
  Write("sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
  Write("sys/fs/cgroup/a/cpu.max", "50000 100000\n");
  Write("sys/fs/cgroup/a/b/memory.max", "max\n");
  Write("sys/fs/cgroup/a/memory.max", "4096\n");
  EXPECT_EQ(CgroupCpus(root_), 0.5);
  EXPECT_EQ(UsableCpus(root_), 1u);
  EXPECT_EQ(CgroupMemoryBytes(root_), 4096u);
}

TEST_F(CgroupTest, TakesMaxForNoBound) {
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/cpu.max", "max 100000\n");
  Write("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(CgroupCpus(root_), std::nullopt);
  EXPECT_EQ(CgroupMemoryBytes(root_), std::nullopt);
}

TEST_F(CgroupTest, ReadsTheQuotaOfVersion1) {
  Write("proc/self/cgroup", "5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/docker/x\n");
  Write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "300000\n");
  Write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "2048\n");
  EXPECT_EQ(CgroupCpus(root_), 3.0);
  EXPECT_EQ(CgroupMemoryBytes(root_), 2048u);
}

// In a container without a cgroup namespace, the path is the host's and the mount the container's.
TEST_F(CgroupTest, FindsTheMountsOwnQuotaWhereTheGroupIsOutOfSight) {
  Write("proc/self/cgroup", "4:cpu,cpuacct:/docker/x\n5:memory:/docker/x\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpus(root_), 2.0);
}

TEST_F(CgroupTest, TakesVersion1sLargestNumbersForNoBound) {
  Write("proc/self/cgroup", "4:cpu,cpuacct:/\n5:memory:/\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(CgroupCpus(root_), std::nullopt);
  EXPECT_EQ(CgroupMemoryBytes(root_), std::nullopt);
}

TEST_F(CgroupTest, IgnoresWhatItCannotRead) {
  Write("proc/self/cgroup", "garbage\n0::/a\n");
  Write("sys/fs/cgroup/a/cpu.max", "fast\n");
  EXPECT_EQ(CgroupCpus(root_), std::nullopt);
  Write("sys/fs/cgroup/a/cpu.max", "100000 0\n");
  EXPECT_EQ(CgroupCpus(root_), std::nullopt);
}

}  // namespace
}  // namespace kernelserve::server

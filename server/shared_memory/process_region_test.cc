#include "server/shared_memory/process_region.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

uint64_t AddressOf(const void* data) { return reinterpret_cast<uint64_t>(data); }

// A process with a copy of this one's memory, that waits to be ended.
class Child {
 public:
  Child() : process_(fork()) {
    while (process_ == 0) pause();
  }
  ~Child() { End(); }

  pid_t process() const { return process_; }
  void End() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  pid_t process_;
};

TEST(ProcessRegionTest, ReadsWhatTheProcessHas) {
  std::string text = "what both have had";
  const Child child;
  const auto region = ProcessRegion::Open(child.process(), AddressOf(text.data()), BytesOf(text));
  ASSERT_TRUE(region.ok()) << region.status();
  const uint64_t address = AddressOf(text.data()) + 5;
  text = "only this one has it";
  std::string read(4, '?');
  EXPECT_TRUE((*region)->Read(address, read.size(), reinterpret_cast<uint8_t*>(read.data())));
  EXPECT_EQ(read, "both");
  EXPECT_TRUE((*region)->Read(address, 0, nullptr));
  EXPECT_EQ((*region)->held_bytes(), 0u);
}

TEST(ProcessRegionTest, AProcessThatDoesNotHaveTheBytesIsRefused) {
  std::string text = "what both have had";
  const Child child;
  text = "what it never has had";
  EXPECT_EQ(ProcessRegion::Open(child.process(), AddressOf(text.data()), BytesOf(text))
                .status()
                .message(),
            "the process does not have these bytes there");
}

TEST(ProcessRegionTest, AProcessThatIsNotSeenIsRefused) {
  for (const pid_t process : {0, -1}) {
    EXPECT_EQ(ProcessRegion::Open(process, 0, {}).status().message(),
              "the server does not see your process");
  }
  Child child;
  const pid_t ended = child.process();
  child.End();
  EXPECT_EQ(ProcessRegion::Open(ended, 0, {}).status().message(), "pidfd_open: No such process");
}

TEST(ProcessRegionTest, WhereThereIsNothingItReadsNothing) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  auto* const pages = static_cast<uint8_t*>(
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::memset(pages, 'x', 2 * page);
  ASSERT_EQ(mprotect(pages + page, page, PROT_NONE), 0);
  const std::string proof = "xxxx";
  const auto region = ProcessRegion::Open(getpid(), AddressOf(pages), BytesOf(proof));
  ASSERT_TRUE(region.ok()) << region.status();
  std::string read(page, '?');
  auto* const to = reinterpret_cast<uint8_t*>(read.data());
  EXPECT_TRUE((*region)->Read(AddressOf(pages), page, to));
  EXPECT_EQ(read, std::string(page, 'x'));
  EXPECT_FALSE((*region)->Read(AddressOf(pages) + 1, page, to)) << "its last byte is not there";
  EXPECT_FALSE((*region)->Read(0, 1, to));
  EXPECT_FALSE((*region)->Read((uint64_t{1} << 63) - 1, 1, to));
  EXPECT_THAT(std::string(ProcessRegion::Open(getpid(), AddressOf(pages + page), BytesOf(proof))
                              .status()
                              .message()),
              HasSubstr("process_vm_readv: Bad address"));
  munmap(pages, 2 * page);
}

TEST(ProcessRegionTest, OfAProcessThatHasEndedItReadsNothing) {
  const std::string text = "what both have";
  Child child;
  const auto region = ProcessRegion::Open(child.process(), AddressOf(text.data()), BytesOf(text));
  ASSERT_TRUE(region.ok()) << region.status();
  child.End();
  std::array<uint8_t, 4> read;
  EXPECT_FALSE((*region)->Read(AddressOf(text.data()), read.size(), read.data()));
  EXPECT_FALSE((*region)->Read(AddressOf(text.data()), 0, nullptr));
}

TEST(ProcessRegionTest, NothingIsWrittenToAProcess) {
  std::string text = "stays as it is";
  const auto region = ProcessRegion::Open(getpid(), AddressOf(text.data()), BytesOf(text));
  ASSERT_TRUE(region.ok()) << region.status();
  (*region)->Begin(1);
  EXPECT_FALSE((*region)->Write(1, AddressOf(text.data()), BytesOf("other")));
  EXPECT_EQ(text, "stays as it is");
}

}  // namespace
}  // namespace kernelserve::server

#include "server/observability/process_figures.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <latch>
#include <memory>
#include <thread>

#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

TEST(ProcessFiguresTest, CountsThreadsAndDescriptors) {
  const ProcessFigures before = ReadProcessFigures();
  std::latch done(1);
  std::thread thread([&] { done.wait(); });
  const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const ProcessFigures with_more = ReadProcessFigures();
  EXPECT_EQ(with_more.threads, before.threads + 1);
  EXPECT_EQ(with_more.open_descriptors, before.open_descriptors + 1);
  close(descriptor);
  done.count_down();
  thread.join();
  EXPECT_EQ(ReadProcessFigures().open_descriptors, before.open_descriptors);
}

TEST(ProcessFiguresTest, TellsMemoryTimeAndStart) {
  const ProcessFigures figures = ReadProcessFigures();
  EXPECT_GT(figures.resident_bytes, 100'000u);
  EXPECT_GT(figures.virtual_bytes, figures.resident_bytes);
  EXPECT_GT(figures.cpu_seconds, 0);
  EXPECT_GT(figures.descriptors_max, 0u);
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_LE(figures.start_seconds, now.count() + 0.1);
  EXPECT_GT(figures.start_seconds, now.count() - 24 * 3600);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they bring their own heap
TEST(ProcessFiguresTest, TellsWhatIsAllocatedAndNotFreed) {
  constexpr uint64_t kBytes = 64 << 20;
  const ProcessFigures before = ReadProcessFigures();
  auto block = std::make_unique<std::array<char, kBytes>>();
  const ProcessFigures with_more = ReadProcessFigures();
  EXPECT_GE(with_more.heap_bytes, before.heap_bytes + kBytes);
  EXPECT_LT(with_more.heap_bytes, before.heap_bytes + 2 * kBytes);
  block.reset();
  EXPECT_LT(ReadProcessFigures().heap_bytes, before.heap_bytes + kBytes / 2);
}
#endif

}  // namespace
}  // namespace kernelserve::server

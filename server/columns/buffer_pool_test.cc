#include "server/columns/buffer_pool.h"

#include <cstdint>
#include <utility>

#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

TEST(BufferPoolTest, ALargeBufferIsUsedAgain) {
  BufferPool pool(1 << 20);
  const uint8_t* first;
  {
    Buffer buffer = pool.Take(100'000);
    first = buffer.data();
    EXPECT_EQ(buffer.size(), 100'000u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  }
  EXPECT_GE(pool.idle_bytes(), 100'000u);
  const Buffer again = pool.Take(99'000);  // of the same capacity
  EXPECT_EQ(again.data(), first);
  EXPECT_EQ(pool.idle_bytes(), 0u);
}

TEST(BufferPoolTest, NoMoreIsKeptThanTheBound) {
  BufferPool pool(256 << 10);
  {
    Buffer a = pool.Take(128 << 10);
    Buffer b = pool.Take(128 << 10);
    Buffer c = pool.Take(128 << 10);
    Buffer huge = pool.Take(5 << 20);
  }
  EXPECT_EQ(pool.idle_bytes(), 256u << 10);
}

TEST(BufferPoolTest, OfHugeBuffersWhatAlignsThemIsCountedToo) {
  BufferPool pool(16 << 20);
  { Buffer buffer = pool.Take(3 << 20); }
  EXPECT_EQ(pool.idle_bytes(), 6u << 20);
  { Buffer buffer = pool.Take(4 << 20); }
  EXPECT_EQ(pool.idle_bytes(), (6u + 6u) << 20);
}

TEST(BufferPoolTest, SmallBuffersAreNotKept) {
  BufferPool pool(1 << 20);
  { Buffer small = pool.Take(1000); }
  EXPECT_EQ(pool.idle_bytes(), 0u);
}

TEST(BufferPoolTest, AMovedBufferIsGivenBackOnce) {
  BufferPool pool(1 << 20);
  {
    Buffer a = pool.Take(64 << 10);
    Buffer b = std::move(a);
    a = std::move(b);
  }
  EXPECT_EQ(pool.idle_bytes(), 64u << 10);
}

TEST(BufferPoolTest, NothingIsTakenForNoBytes) {
  BufferPool pool(1 << 20);
  EXPECT_EQ(pool.Take(0).size(), 0u);
}

}  // namespace
}  // namespace kernelserve::server

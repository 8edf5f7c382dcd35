#include "server/columns/buffer_pool.h"

#include <sys/mman.h>

#include <bit>
#include <new>

namespace kernelserve::server {
namespace {

constexpr std::align_val_t kAlignment{64};

// Below it, malloc recycles memory well enough by itself.
constexpr size_t kPooledBytesMin = 64 << 10;
// From here on the kernel may use pages of 2 MiB, which saves most page faults.
constexpr size_t kHugePage = 2 << 20;

uint8_t* Allocate(size_t capacity) {
  if (capacity < kHugePage) return static_cast<uint8_t*>(operator new(capacity, kAlignment));
  uint8_t* data = static_cast<uint8_t*>(operator new (capacity, std::align_val_t{kHugePage}));
  // A hint: where it is refused, small pages do.
  (void)madvise(data, capacity, MADV_HUGEPAGE);
  return data;
}

void Free(uint8_t* data, size_t capacity) {
  if (capacity < kHugePage) {
    operator delete(data, kAlignment);
  } else {
    operator delete (data, std::align_val_t{kHugePage});
  }
}

// What malloc counts of such a buffer: whole huge pages, and the addresses of one more, to align
// them by.
size_t CountedBytes(size_t capacity) {
  if (capacity < kHugePage) return capacity;
  return (capacity + kHugePage - 1) / kHugePage * kHugePage + kHugePage;
}

// Capacities are 2^n or 3 * 2^(n - 1), so that buffers are found again: at most half is unused.
size_t CapacityFor(size_t size) {
  if (size < kPooledBytesMin) return size;
  const size_t power = std::bit_ceil(size);
  return size <= power / 4 * 3 ? power / 4 * 3 : power;
}

}  // namespace

Buffer::~Buffer() {
  if (data_ != nullptr) pool_->GiveBack(data_, capacity_);
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

BufferPool::~BufferPool() {
  for (const auto& [capacity, data] : idle_) Free(data, capacity);
}

Buffer BufferPool::Take(size_t size) {
  Buffer buffer;
  if (size == 0) return buffer;
  buffer.pool_ = this;
  buffer.size_ = size;
  buffer.capacity_ = CapacityFor(size);
  if (buffer.capacity_ >= kPooledBytesMin) {
    const std::lock_guard lock(mutex_);
    if (const auto idle = idle_.find(buffer.capacity_); idle != idle_.end()) {
      buffer.data_ = idle->second;
      idle_.erase(idle);
      idle_bytes_ -= buffer.capacity_;
      return buffer;
    }
  }
  buffer.data_ = Allocate(buffer.capacity_);
  return buffer;
}

size_t BufferPool::idle_bytes() const {
  const std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const auto& [capacity, data] : idle_) bytes += CountedBytes(capacity);
  return bytes;
}

void BufferPool::GiveBack(uint8_t* data, size_t capacity) {
  if (capacity >= kPooledBytesMin) {
    const std::lock_guard lock(mutex_);
    if (idle_bytes_ + capacity <= idle_bytes_max_) {
      idle_.emplace(capacity, data);
      idle_bytes_ += capacity;
      return;
    }
  }
  Free(data, capacity);
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_SERVER_COLUMNS_BUFFER_POOL_H_
#define KERNELSERVE_SERVER_COLUMNS_BUFFER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace kernelserve::server {

class BufferPool;

// Memory for one message, 64-aligned, uninitialised. Goes back to its pool at the end. Movable.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer();
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept;

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  friend class BufferPool;

  BufferPool* pool_ = nullptr;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;      // as asked for
  size_t capacity_ = 0;  // as allocated
};

// Keeps the memory of large messages for the next ones. Fresh memory costs a page fault every 4
// KiB: writing 27 MB of it takes 18 to 32 ms, and 4 ms once the pages are there. Thread-safe;
// outlives its buffers.
class BufferPool {
 public:
  // At most `idle_bytes_max` are kept that no message is using.
  explicit BufferPool(size_t idle_bytes_max) : idle_bytes_max_(idle_bytes_max) {}
  ~BufferPool();

  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  Buffer Take(size_t size);

  // Of those that are kept, as malloc counts them: with what it takes to align large ones.
  size_t idle_bytes() const;

 private:
  friend class Buffer;
  void GiveBack(uint8_t* data, size_t capacity);

  const size_t idle_bytes_max_;
  mutable std::mutex mutex_;
  std::multimap<size_t, uint8_t*> idle_;  // by capacity; guarded by mutex_
  size_t idle_bytes_ = 0;                 // guarded by mutex_
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_COLUMNS_BUFFER_POOL_H_

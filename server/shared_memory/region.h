#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_REGION_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_REGION_H_

#include <cstddef>
#include <cstdint>

#include "kernels/column.h"

namespace kernelserve::server {

// Memory of a client that the server looks into. It is read and written by system calls and never
// mapped, so that nothing the client does to it can be more than wrong data. Thread-safe.
class Region {
 public:
  virtual ~Region() = default;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  // Where its last byte may be, and one.
  virtual uint64_t size() const = 0;

  // How much of this machine's memory is there for it alone.
  virtual uint64_t held_bytes() const = 0;

  // Copies `size` bytes from `offset` on. False where they are not there.
  virtual bool Read(uint64_t offset, size_t size, uint8_t* to) const = 0;

  // Says that a call of this turn uses the region for its results.
  virtual void Begin(uint64_t turn) = 0;

  // Writes unless a later turn has begun. False where it wrote nothing or not all of it. Several
  // threads may, each to its own part.
  virtual bool Write(uint64_t turn, uint64_t offset, Bytes bytes) = 0;

 protected:
  Region() = default;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_REGION_H_

#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_MEMFD_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_MEMFD_H_

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "kernels/error.h"
#include "server/descriptor.h"
#include "server/shared_memory/memfd_region.h"
#include "server/shared_memory/region.h"

// For tests of regions: what a client does, and what it is to see.
namespace kernelserve::server {

// Memory with these bytes and `seals`.
inline Descriptor MakeMemfd(const std::string& bytes, int seals = F_SEAL_SHRINK | F_SEAL_GROW) {
  Descriptor memory(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(write(memory.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(fcntl(memory.get(), F_ADD_SEALS, seals), 0);
  return memory;
}

inline std::shared_ptr<Region> MakeMemfdRegion(const std::string& bytes) {
  return std::make_shared<MemfdRegion>(MakeMemfd(bytes), bytes.size());
}

inline Descriptor Duplicate(const Descriptor& descriptor) {
  return Descriptor(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0));
}

inline std::string ReadAll(const Region& region) {
  std::string bytes(region.size(), '?');
  EXPECT_TRUE(region.Read(0, bytes.size(), reinterpret_cast<uint8_t*>(bytes.data())));
  return bytes;
}

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_MEMFD_H_

#ifndef KERNELSERVE_SERVER_SHARED_MEMORY_PROCESS_REGION_H_
#define KERNELSERVE_SERVER_SHARED_MEMORY_PROCESS_REGION_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/descriptor.h"
#include "server/shared_memory/region.h"

namespace kernelserve::server {

// All the memory of a client's process, by address: columns are copied from where they are (cross
// memory attach, as MPI libraries have it). Nothing is ever written to it.
class ProcessRegion final : public Region {
 public:
  // `proof` are bytes that the process says it has at `address`. They have to be there: so this is
  // that process, and the system lets this one read it. An error says what is in the way.
  static absl::StatusOr<std::unique_ptr<ProcessRegion>> Open(pid_t process, uint64_t address,
                                                             Bytes proof);

  uint64_t size() const override { return uint64_t{1} << 63; }
  uint64_t held_bytes() const override { return 0; }
  // False, too, once the process has ended: what another one has by then under its number is not
  // given out.
  bool Read(uint64_t offset, size_t size, uint8_t* to) const override;
  void Begin(uint64_t /*turn*/) override {}
  bool Write(uint64_t /*turn*/, uint64_t /*offset*/, Bytes /*bytes*/) override { return false; }

 private:
  ProcessRegion(pid_t process, Descriptor lives) : process_(process), lives_(std::move(lives)) {}

  const pid_t process_;
  const Descriptor lives_;  // a pidfd
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SHARED_MEMORY_PROCESS_REGION_H_

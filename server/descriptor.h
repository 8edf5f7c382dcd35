#ifndef KERNELSERVE_SERVER_DESCRIPTOR_H_
#define KERNELSERVE_SERVER_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace kernelserve::server {

// A file descriptor that closes itself. -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  // For somebody else to close.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_DESCRIPTOR_H_

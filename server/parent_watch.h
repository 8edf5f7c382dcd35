#ifndef KERNELSERVE_SERVER_PARENT_WATCH_H_
#define KERNELSERVE_SERVER_PARENT_WATCH_H_

#include "absl/status/status.h"

namespace kernelserve::server {

// An embedded server ends with the process that started it, which hands it a descriptor of itself
// (pidfd_open). Such a descriptor becomes readable when the process ends, however it does, and
// never names another process. (PR_SET_PDEATHSIG would follow the thread that started the server,
// and kill it too early.)

// OK where `fd` is an open pidfd: ready to be waited for with poll. The error names the descriptor.
absl::Status CheckPidfd(int fd);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_PARENT_WATCH_H_

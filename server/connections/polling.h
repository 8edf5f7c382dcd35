#ifndef KERNELSERVE_SERVER_CONNECTIONS_POLLING_H_
#define KERNELSERVE_SERVER_CONNECTIONS_POLLING_H_

namespace kernelserve::server {

// While `paced`, each of gRPC's threads looks for news no more often than every kPollPauseNs, and
// has more of it each time: where calls are refused by the hundred, that leaves the core to those
// that are not. Of the process: the last server to ask counts. Nothing changes where the linker did
// not wrap what they look with (wrapped_polling.cc).
void PacePolling(bool paced);
bool IsPollingPaced();

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CONNECTIONS_POLLING_H_

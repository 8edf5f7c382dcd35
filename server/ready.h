#ifndef KERNELSERVE_SERVER_READY_H_
#define KERNELSERVE_SERVER_READY_H_

#include <string>
#include <vector>

namespace kernelserve::server {

// What whoever started the server wants to know once it serves, as one line of JSON without its
// end:
// {"version":"0.1.0","pid":42,"addresses":["unix:/run/x","127.0.0.1:40123"]}
// and, where there are metrics, ,"metrics":"127.0.0.1:9464" before the end.
std::string ReadyLine(const std::string& version, int pid,
                      const std::vector<std::string>& addresses, const std::string& metrics);

// Writes `line` and its end to `fd`, and closes that. A reader that has gone away is nobody's loss.
void TellReady(int fd, const std::string& line);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_READY_H_

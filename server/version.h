#ifndef KERNELSERVE_SERVER_VERSION_H_
#define KERNELSERVE_SERVER_VERSION_H_

namespace kernelserve::server {

// The release, such as "0.1.0": the project's in CMakeLists.txt.
extern const char* const kVersion;

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_VERSION_H_

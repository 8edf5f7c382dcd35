#ifndef KERNELSERVE_SERVER_FLAGS_H_
#define KERNELSERVE_SERVER_FLAGS_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "server/options.h"

namespace kernelserve::server {

// Reads the command line (without the program's name). Every flag --some_flag is also the
// environment variable KERNELSERVE_SERVER_SOME_FLAG; the flag wins. (Plain KERNELSERVE_PORT and the
// like are what Kubernetes sets for a Service of that name.)
//
// Errors name the flag or the variable, what it was given and what it takes. An unknown flag is an
// error too, with the nearest known one. To be called before there are threads; several calls each
// start from the defaults.
absl::StatusOr<ProcessOptions> ParseFlags(std::span<const char* const> arguments);

// The flags with their defaults and meaning, for --help.
std::string FlagsHelp();

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_FLAGS_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "server/columns/decoder_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string difference = kernelserve::server::CheckAgainstProtobuf({data, size});
  if (difference.empty()) return 0;
  std::fprintf(stderr, "decoder and protobuf differ: %s\n", difference.c_str());
  std::abort();
}

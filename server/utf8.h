#ifndef KERNELSERVE_SERVER_UTF8_H_
#define KERNELSERVE_SERVER_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace kernelserve::server {

// Bytes of the well-formed UTF-8 sequence that `text` begins with (RFC 3629, section 4), 0 where it
// begins with none or is empty. Stricter than kernels/text.h: surrogates are none, since neither
// protobuf's strings nor JSON take them.
size_t Utf8SequenceBytes(absl::string_view text);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_UTF8_H_

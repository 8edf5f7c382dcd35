#ifndef KERNELSERVE_KERNELS_REFERENCE_UTF8_H_
#define KERNELSERVE_KERNELS_REFERENCE_UTF8_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kernelserve::reference {

// The oracle for Utf8Decoder, by RFC 3629's table and nothing else: slow and obvious.

// The UTF-8 form of one code point up to U+10FFFF; a surrogate in three bytes, like its neighbours.
std::string EncodeUtf8(uint32_t code_point);
std::string EncodeUtf8(const std::vector<uint32_t>& code_points);

// The code points of `utf8`. Nothing where it is invalid: where some sequence is not the one
// that EncodeUtf8 gives for the bits it carries. *error_offset is then where that sequence begins.
std::optional<std::vector<uint32_t>> DecodeUtf8(std::string_view utf8, size_t* error_offset);

}  // namespace kernelserve::reference

#endif  // KERNELSERVE_KERNELS_REFERENCE_UTF8_H_

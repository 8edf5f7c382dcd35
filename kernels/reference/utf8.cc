#include "kernels/reference/utf8.h"

namespace kernelserve::reference {

std::string EncodeUtf8(uint32_t c) {
  const auto byte = [](uint32_t value) { return static_cast<char>(value); };
  const auto continuation = [byte](uint32_t bits) { return byte(0x80 | (bits & 0x3F)); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), continuation(c)};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), continuation(c >> 6), continuation(c)};
  return {byte(0xF0 | c >> 18), continuation(c >> 12), continuation(c >> 6), continuation(c)};
}

std::string EncodeUtf8(const std::vector<uint32_t>& code_points) {
  std::string utf8;
  for (const uint32_t code_point : code_points) utf8 += EncodeUtf8(code_point);
  return utf8;
}

std::optional<std::vector<uint32_t>> DecodeUtf8(std::string_view utf8, size_t* error_offset) {
  std::vector<uint32_t> code_points;
  size_t i = 0;
  while (i < utf8.size()) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t bits = length == 1   ? lead
                    : length == 2 ? lead & 0x1F
                    : length == 3 ? lead & 0x0F
                                  : lead & 0x07;
    const std::string_view sequence = utf8.substr(i, length);
    for (const char c : sequence.substr(1)) bits = bits << 6 | (static_cast<uint8_t>(c) & 0x3F);
    if (bits > 0x10FFFF || EncodeUtf8(bits) != sequence) {
      *error_offset = i;
      return std::nullopt;
    }
    code_points.push_back(bits);
    i += length;
  }
  return code_points;
}

}  // namespace kernelserve::reference

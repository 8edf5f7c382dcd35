// Utf8Decoder against the reference on any bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kernels/reference/utf8.h"
#include "kernels/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  kernelserve::Utf8Decoder decoder;
  kernelserve::Text text;
  size_t offset = 0;
  size_t expected_offset = 0;
  const bool valid = decoder.Decode(bytes, &text, &offset);
  const auto expected = kernelserve::reference::DecodeUtf8(bytes, &expected_offset);
  if (valid != expected.has_value()) std::abort();
  if (!valid) {
    if (offset != expected_offset) std::abort();
    return 0;
  }
  if (text.size() != expected->size()) std::abort();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != (*expected)[i]) std::abort();
  }
  return 0;
}

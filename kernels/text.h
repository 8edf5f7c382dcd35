#ifndef KERNELSERVE_KERNELS_TEXT_H_
#define KERNELSERVE_KERNELS_TEXT_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kernelserve {

// The top bit of each of eight bytes: set in those that are not ASCII.
inline constexpr uint64_t kTopBits = 0x8080808080808080;

// A read-only sequence of units: Unicode code points, bytes (each the Latin-1 code point of its
// value) or symbols (any 32-bit numbers equal where the elements they stand for are equal).
// Units are held in 1, 2 or 4 bytes each, at any alignment that the width asks for; two texts of
// different width compare by value, so "abc" in bytes equals "abc" in 32-bit units.
//
// A view: 16 bytes, no ownership. Valid as long as the memory it points to.
class Text {
 public:
  Text() = default;
  // Bytes as they are: ASCII, or Latin-1.
  explicit Text(std::string_view latin1)
      : data_(latin1.data()), size_(static_cast<uint32_t>(latin1.size())), width_(1) {}
  // The same, for whoever makes many: by two stores instead of three.
  static Text OfBytes(const void* bytes, uint32_t size) {
    Text text;
    text.data_ = bytes;
    text.size_ = size;
    return text;
  }
  explicit Text(std::span<const uint8_t> units)
      : data_(units.data()), size_(static_cast<uint32_t>(units.size())), width_(1) {}
  explicit Text(std::span<const uint16_t> units)
      : data_(units.data()), size_(static_cast<uint32_t>(units.size())), width_(2) {}
  explicit Text(std::span<const uint32_t> units)
      : data_(units.data()), size_(static_cast<uint32_t>(units.size())), width_(4) {}

  size_t size() const { return size_; }  // units
  bool empty() const { return size_ == 0; }
  int width() const { return width_; }  // bytes a unit: 1, 2 or 4
  const void* data() const { return data_; }
  // size() in the lower half, width() in the upper one: the second word of what a Text is in
  // memory, for those that look at many at once.
  uint64_t SizeAndWidth() const { return std::bit_cast<std::array<uint64_t, 2>>(*this)[1]; }

  // units<uint8_t>() requires width() == 1, and so on.
  template <typename Unit>
  std::span<const Unit> units() const {
    return {static_cast<const Unit*>(data_), size_};
  }

  // Calls visitor(std::span<const Unit>) with the unit type that this text has.
  template <typename Visitor>
  decltype(auto) Visit(Visitor&& visitor) const {
    switch (width_) {
      case 2:
        return visitor(units<uint16_t>());
      case 4:
        return visitor(units<uint32_t>());
      default:
        return visitor(units<uint8_t>());
    }
  }

  uint32_t operator[](size_t i) const {
    return Visit([i](auto units) -> uint32_t { return units[i]; });
  }

 private:
  const void* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t width_ = 1;
};

bool operator==(Text a, Text b);

// True where no byte is over 0x7f. Looks at eight bytes at a time, in vectors from 64 on.
bool IsAscii(std::string_view bytes);

// Decodes UTF-8 into code points in the narrowest width that holds them all, reusing one buffer.
// Surrogates are accepted in their three-byte form (Python's "surrogatepass"), each as one unit;
// everything else that RFC 3629 forbids is refused (overlong forms, over U+10FFFF, truncation).
class Utf8Decoder {
 public:
  // On success sets *text, valid until the next Decode or the decoder's end: a view of `utf8`
  // itself where that is ASCII. Returns false where `utf8` is not valid; *error_offset, if not
  // null, is then the offset in bytes of the first sequence that is not.
  bool Decode(std::string_view utf8, Text* text, size_t* error_offset = nullptr);

 private:
  std::vector<uint32_t> units_;  // reused; narrower widths are packed into the same memory
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_TEXT_H_

#include "kernels/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace kernelserve {
namespace {

// --- Which width a text needs, read off its largest byte ---
//
// In valid UTF-8 a byte of 0xF0 and over starts a code point over U+FFFF, one of 0xC4 and over
// one over U+00FF. So one pass of bitwise tests, eight bytes at a time, tells the width before
// anything is decoded. A mask has the top bit of each byte for which the test holds.
struct ByteTests {
  uint64_t non_ascii = 0;
  uint64_t over_latin1 = 0;  // >= 0xC4: bits 7 and 6, and one of bits 5 to 2
  uint64_t over_bmp = 0;     // >= 0xF0: bits 7 to 4

  void Add(uint64_t word) {
    const uint64_t lead = word & (word << 1);
    non_ascii |= word;
    over_latin1 |= lead & ((word << 2) | (word << 3) | (word << 4) | (word << 5));
    over_bmp |= lead & (word << 2) & (word << 3);
  }
};

uint64_t Load64(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

// The first `size` < 8 bytes, zeros after them; without a loop, and without reading beyond them.
uint64_t LoadPartial(const char* bytes, size_t size) {
  if (size >= 4) {
    uint32_t low, high;
    std::memcpy(&low, bytes, sizeof(low));
    std::memcpy(&high, bytes + size - 4, sizeof(high));
    return low | (static_cast<uint64_t>(high) << (8 * (size - 4)));
  }
  if (size == 0) return 0;
  const auto byte = [bytes](size_t i) { return uint64_t{static_cast<uint8_t>(bytes[i])}; };
  return byte(0) | byte(size / 2) << (8 * (size / 2)) | byte(size - 1) << (8 * (size - 1));
}

ByteTests TestBytes(std::string_view bytes) {
  ByteTests tests;
  if (bytes.size() < 8) {
    tests.Add(LoadPartial(bytes.data(), bytes.size()));
    return tests;
  }
  for (size_t i = 0; i + 8 < bytes.size(); i += 8) tests.Add(Load64(bytes.data() + i));
  tests.Add(Load64(bytes.data() + bytes.size() - 8));  // overlaps the one before
  return tests;
}

// --- Validation: a shift-based automaton ---
//
// Per Vognsen's "shift-based DFA": a state is a shift distance, and a byte's table row holds, at
// each state's distance, the state that follows. One load and one shift a byte, no branches.
enum State : uint64_t {
  kAccept = 0,  // between code points
  kReject = 6,
  kOneMore = 12,  // continuation bytes to come
  kTwoMore = 18,
  kThreeMore = 24,
  kAfterE0 = 30,  // these restrict the next byte: shorter forms exist, or the value is too large
  kAfterF0 = 36,
  kAfterF4 = 42,
};
constexpr uint64_t kStateMask = 63;

constexpr uint64_t NextState(uint64_t state, unsigned byte) {
  const bool continuation = byte >= 0x80 && byte <= 0xBF;
  switch (state) {
    case kAccept:
      if (byte <= 0x7F) return kAccept;
      if (byte >= 0xC2 && byte <= 0xDF) return kOneMore;
      if (byte == 0xE0) return kAfterE0;
      if (byte >= 0xE1 && byte <= 0xEF) return kTwoMore;  // with surrogates, 0xED 0xA0 and over
      if (byte == 0xF0) return kAfterF0;
      if (byte >= 0xF1 && byte <= 0xF3) return kThreeMore;
      if (byte == 0xF4) return kAfterF4;
      return kReject;
    case kOneMore:
      return continuation ? kAccept : kReject;
    case kTwoMore:
      return continuation ? kOneMore : kReject;
    case kThreeMore:
      return continuation ? kTwoMore : kReject;
    case kAfterE0:
      return byte >= 0xA0 && byte <= 0xBF ? kOneMore : kReject;
    case kAfterF0:
      return byte >= 0x90 && byte <= 0xBF ? kTwoMore : kReject;
    case kAfterF4:
      return byte >= 0x80 && byte <= 0x8F ? kTwoMore : kReject;
    default:
      return kReject;
  }
}

constexpr auto kTransitions = [] {
  std::array<uint64_t, 256> rows{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (uint64_t state = kAccept; state <= kAfterF4; state += 6) {
      rows[byte] |= NextState(state, byte) << state;
    }
  }
  return rows;
}();

// The bits of a code point that its first byte carries; a continuation byte's six, for all others.
constexpr auto kPayload = [] {
  std::array<uint8_t, 256> bits{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const unsigned mask = byte < 0x80   ? 0x7F
                          : byte < 0xC0 ? 0x3F
                          : byte < 0xE0 ? 0x1F
                          : byte < 0xF0 ? 0x0F
                                        : 0x07;
    bits[byte] = static_cast<uint8_t>(byte & mask);
  }
  return bits;
}();

// --- Texts that are all of one alphabet ---
//
// Where every code point has as many bytes as the first, as ideographs have three and Cyrillic
// letters two, one test tells it of several and no byte's state is needed.

// Whether `utf8` may be all sequences of `length` bytes, whose first bytes are `lead` at least: by
// the first and the last of them where it is short. What is long gains by a beginning alone.
// Without branches, of which those on single bytes of mixed text would be guessed wrong.
bool LooksLikeAll(std::string_view utf8, size_t length, uint8_t lead) {
  constexpr size_t kLong = 64;
  const size_t last = utf8.size() - std::min(utf8.size(), length);
  const unsigned first_leads = static_cast<uint8_t>(utf8[0]) >= lead ? 1 : 0;
  const unsigned last_leads = static_cast<uint8_t>(utf8[last]) >= lead ? 1 : 0;
  const unsigned divides = utf8.size() % length == 0 ? 1 : 0;
  const unsigned is_long = utf8.size() >= kLong ? 1 : 0;
  return (first_leads & (is_long | (divides & last_leads))) != 0;
}

// The length-byte sequence that `word` begins with, little-endian, is valid but for its value.
constexpr uint64_t kTwoBytesMask = 0xC0E0;
constexpr uint64_t kTwoBytes = 0x80C0;
constexpr uint64_t kThreeBytesMask = 0xC0C0F0;
constexpr uint64_t kThreeBytes = 0x8080E0;
constexpr uint32_t kLeastOfTwoBytes = 0x80;  // what is less has a shorter form
constexpr uint32_t kLeastOfThreeBytes = 0x800;

// The same in each 16 bits of a word.
constexpr uint64_t FourTimes(uint64_t lane) { return lane * 0x0001000100010001; }

// Decodes the valid sequences of two bytes that `utf8` begins with, and returns how many there are.
size_t DecodeTwoBytesEach(std::string_view utf8, uint16_t* units) {
  size_t count = 0;
  while (utf8.size() - 2 * count >= 8) {
    const uint64_t word = Load64(utf8.data() + 2 * count);
    if ((word & FourTimes(kTwoBytesMask)) != FourTimes(kTwoBytes)) return count;
    const uint64_t four = (word & FourTimes(0x1F)) << 6 | ((word >> 8) & FourTimes(0x3F));
    // Carries into the top bit of each lane that is not too little.
    const uint64_t enough = four + FourTimes(0x8000 - kLeastOfTwoBytes);
    if ((enough & FourTimes(0x8000)) != FourTimes(0x8000)) return count;
    std::memcpy(units + count, &four, sizeof(four));
    count += 4;
  }
  for (; utf8.size() - 2 * count >= 2; ++count) {
    const uint64_t word = LoadPartial(utf8.data() + 2 * count, 2);
    const auto one = static_cast<uint16_t>((word & 0x1F) << 6 | ((word >> 8) & 0x3F));
    if ((word & kTwoBytesMask) != kTwoBytes || one < kLeastOfTwoBytes) return count;
    units[count] = one;
  }
  return count;
}

// The same with those of three.
size_t DecodeThreeBytesEach(std::string_view utf8, uint16_t* units) {
  const auto code_point = [](uint64_t word) {
    return static_cast<uint32_t>((word & 0xF) << 12 | ((word >> 2) & 0xFC0) |
                                 ((word >> 16) & 0x3F));
  };
  size_t count = 0;
  while (utf8.size() - 3 * count >= 8) {
    const uint64_t word = Load64(utf8.data() + 3 * count);
    constexpr uint64_t kMask = kThreeBytesMask << 24 | kThreeBytesMask;
    const uint32_t one = code_point(word);
    const uint32_t other = code_point(word >> 24);
    if ((word & kMask) != (kThreeBytes << 24 | kThreeBytes) ||
        std::min(one, other) < kLeastOfThreeBytes) {
      return count;
    }
    units[count] = static_cast<uint16_t>(one);
    units[count + 1] = static_cast<uint16_t>(other);
    count += 2;
  }
  for (; utf8.size() - 3 * count >= 3; ++count) {
    const uint64_t word = LoadPartial(utf8.data() + 3 * count, 3);
    const uint32_t one = code_point(word);
    if ((word & kThreeBytesMask) != kThreeBytes || one < kLeastOfThreeBytes) return count;
    units[count] = static_cast<uint16_t>(one);
  }
  return count;
}

// --- Any text ---

// Decodes into `units`, which has room for a unit a byte. Sets how many units there are, or returns
// false where `utf8` is invalid.
template <typename Unit>
bool DecodeInto(std::string_view utf8, Unit* units, size_t* count) {
  uint64_t state = kAccept;
  uint32_t code_point = 0;
  size_t size = 0;
  size_t begin = 0;
  if constexpr (sizeof(Unit) == 2) {
    if (LooksLikeAll(utf8, 3, 0xE0)) {
      size = DecodeThreeBytesEach(utf8, units);
      begin = 3 * size;
    } else if (LooksLikeAll(utf8, 2, 0xC0)) {
      size = DecodeTwoBytesEach(utf8, units);
      begin = 2 * size;
    }
  }
  // Every byte takes the same few instructions, whatever it is: in short texts of several alphabets
  // the branches of a decoder by cases cost more than the decoding.
  for (size_t i = begin; i < utf8.size(); ++i) {
    const auto byte = static_cast<uint8_t>(utf8[i]);
    const uint32_t above = (state & kStateMask) == kAccept ? 0 : code_point << 6;
    code_point = above | kPayload[byte];
    state = kTransitions[byte] >> (state & kStateMask);
    units[size] = static_cast<Unit>(code_point);
    size += (state & kStateMask) == kAccept;
  }
  *count = size;
  return (state & kStateMask) == kAccept;
}

// Where the first sequence that is not valid begins. Requires that there is one.
size_t FindInvalid(std::string_view utf8) {
  uint64_t state = kAccept;
  size_t begin = 0;
  for (size_t i = 0; i < utf8.size() && (state & kStateMask) != kReject; ++i) {
    if ((state & kStateMask) == kAccept) begin = i;
    state = kTransitions[static_cast<uint8_t>(utf8[i])] >> (state & kStateMask);
  }
  return begin;
}

template <typename Unit>
bool DecodeAs(std::string_view utf8, void* memory, Text* text) {
  auto* const units = static_cast<Unit*>(memory);
  size_t count;
  if (!DecodeInto(utf8, units, &count)) return false;
  *text = Text(std::span<const Unit>(units, count));
  return true;
}

}  // namespace

bool operator==(Text a, Text b) {
  if (a.size() != b.size()) return false;
  if (a.empty()) return true;
  if (a.width() == b.width()) return std::memcmp(a.data(), b.data(), a.size() * a.width()) == 0;
  return a.Visit([b](auto left) {
    return b.Visit(
        [left](auto right) { return std::equal(left.begin(), left.end(), right.begin()); });
  });
}

bool IsAscii(std::string_view bytes) {
  const char* p = bytes.data();
  size_t left = bytes.size();
  // Eight independent words a step: the compiler makes vectors of them.
  for (; left >= 64; left -= 64, p += 64) {
    uint64_t any = 0;
    for (size_t i = 0; i < 64; i += 8) any |= Load64(p + i);
    if ((any & kTopBits) != 0) return false;
  }
  uint64_t any = 0;
  for (; left >= 8; left -= 8, p += 8) any |= Load64(p);
  return ((any | LoadPartial(p, left)) & kTopBits) == 0;
}

bool Utf8Decoder::Decode(std::string_view utf8, Text* text, size_t* error_offset) {
  const ByteTests tests = TestBytes(utf8);
  if ((tests.non_ascii & kTopBits) == 0) {
    *text = Text(utf8);
    return true;
  }
  const size_t width = (tests.over_bmp & kTopBits) != 0      ? 4
                       : (tests.over_latin1 & kTopBits) != 0 ? 2
                                                             : 1;
  const size_t words = (utf8.size() * width + sizeof(uint32_t) - 1) / sizeof(uint32_t);
  if (units_.size() < words) units_.resize(std::max(words, 2 * units_.size()));
  const bool valid = width == 4   ? DecodeAs<uint32_t>(utf8, units_.data(), text)
                     : width == 2 ? DecodeAs<uint16_t>(utf8, units_.data(), text)
                                  : DecodeAs<uint8_t>(utf8, units_.data(), text);
  if (!valid && error_offset != nullptr) *error_offset = FindInvalid(utf8);
  return valid;
}

}  // namespace kernelserve

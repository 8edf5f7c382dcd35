#include "server/columns/wire_format.h"

namespace kernelserve::server {
namespace {

// As protobuf's own parser: messages nested deeper are refused, so that input can't run the stack
// out.
constexpr int kDepthMax = 100;

constexpr uint32_t kFieldNumberMax = (1u << 29) - 1;

void AppendVarint(uint64_t value, std::string* to) {
  while (value >= 0x80) {
    to->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  to->push_back(static_cast<char>(value));
}

size_t VarintSize(uint64_t value) {
  size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

uint64_t Tag(uint32_t number, WireType type) {
  return (static_cast<uint64_t>(number) << 3) | static_cast<uint64_t>(type);
}

}  // namespace

bool WireReader::Fail() {
  ok_ = false;
  rest_ = {};
  return false;
}

bool WireReader::ReadVarint(uint64_t* value) {
  constexpr size_t kVarintBytesMax = 10;
  uint64_t result = 0;
  for (size_t i = 0; i < kVarintBytesMax && i < rest_.size(); ++i) {
    // Bits beyond the 64th of a tenth byte are dropped, as protobuf does.
    result |= static_cast<uint64_t>(rest_[i] & 0x7f) << (7 * i);
    if ((rest_[i] & 0x80) == 0) {
      rest_ = rest_.subspan(i + 1);
      *value = result;
      return true;
    }
  }
  return Fail();
}

bool WireReader::ReadTag(uint32_t* number, WireType* type) {
  // A tag is a varint of at most five bytes; bits beyond the 32nd of a fifth are dropped, as
  // protobuf does.
  uint64_t tag;
  const size_t before = rest_.size();
  if (!ReadVarint(&tag)) return false;
  if (before - rest_.size() > 5) return Fail();
  tag = static_cast<uint32_t>(tag);
  *number = static_cast<uint32_t>(tag >> 3);
  *type = static_cast<WireType>(tag & 7);
  if (*number == 0 || *number > kFieldNumberMax || (tag & 7) > 5) return Fail();
  return true;
}

bool WireReader::Take(uint64_t size, Bytes* taken) {
  if (size > rest_.size()) return Fail();
  *taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return true;
}

bool WireReader::ReadValue(WireField* field, int depth) {
  Bytes fixed;
  switch (field->type) {
    case WireType::kVarint:
      return ReadVarint(&field->varint);
    case WireType::kFixed64:
      return Take(8, &fixed);
    case WireType::kFixed32:
      return Take(4, &fixed);
    case WireType::kLengthDelimited: {
      uint64_t size;
      // Protobuf's limit on a length, whatever the bytes that follow.
      if (!ReadVarint(&size) || size > 0x7fffffff) return Fail();
      return Take(size, &field->payload);
    }
    case WireType::kStartGroup:
      return SkipGroup(field->number, depth + 1);
    case WireType::kEndGroup:
      break;  // of a group that never began
  }
  return Fail();
}

bool WireReader::SkipGroup(uint32_t number, int depth) {
  if (depth > kDepthMax) return Fail();
  while (true) {
    WireField inner;
    if (!ReadTag(&inner.number, &inner.type)) return false;
    if (inner.type == WireType::kEndGroup) return inner.number == number || Fail();
    if (!ReadValue(&inner, depth)) return false;
  }
}

bool WireReader::Next(WireField* field) {
  if (rest_.empty()) return false;
  const uint8_t* begin = rest_.data();
  *field = WireField();
  if (!ReadTag(&field->number, &field->type) || !ReadValue(field, 0)) return false;
  const uint8_t* end = field->type == WireType::kLengthDelimited
                           ? field->payload.data() + field->payload.size()
                           : rest_.data();
  field->encoded = Bytes(begin, static_cast<size_t>(end - begin));
  return true;
}

void AppendVarintField(uint32_t number, uint64_t value, std::string* to) {
  AppendVarint(Tag(number, WireType::kVarint), to);
  AppendVarint(value, to);
}

void AppendLengthPrefix(uint32_t number, uint64_t size, std::string* to) {
  AppendVarint(Tag(number, WireType::kLengthDelimited), to);
  AppendVarint(size, to);
}

void AppendBytesField(uint32_t number, Bytes bytes, std::string* to) {
  AppendLengthPrefix(number, bytes.size(), to);
  to->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

size_t LengthPrefixSize(uint32_t number, uint64_t size) {
  return VarintSize(Tag(number, WireType::kLengthDelimited)) + VarintSize(size);
}

}  // namespace kernelserve::server

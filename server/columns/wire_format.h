#ifndef KERNELSERVE_SERVER_COLUMNS_WIRE_FORMAT_H_
#define KERNELSERVE_SERVER_COLUMNS_WIRE_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/column.h"

namespace kernelserve::server {

// Protobuf's encoding (https://protobuf.dev/programming-guides/encoding/), as much of it as takes
// to find the columns of a message without copying them.

enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kLengthDelimited = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t varint = 0;  // of kVarint
  Bytes payload;        // of kLengthDelimited: what follows the length
  Bytes encoded;        // the whole field, with its tag
};

// Walks over the fields of one message, in the order they come.
class WireReader {
 public:
  explicit WireReader(Bytes message) : rest_(message) {}

  // Reads the next field. False at the end, and where the message is malformed: then ok() is false.
  // Groups, which proto3 has not, are passed over, as protobuf's own parser does with unknown
  // fields.
  bool Next(WireField* field);

  bool ok() const { return ok_; }

 private:
  bool Fail();
  bool ReadVarint(uint64_t* value);
  bool ReadTag(uint32_t* number, WireType* type);
  bool ReadValue(WireField* field, int depth);
  bool SkipGroup(uint32_t number, int depth);
  bool Take(uint64_t size, Bytes* taken);

  Bytes rest_;
  bool ok_ = true;
};

// Appends a field to `to`.
void AppendVarintField(uint32_t number, uint64_t value, std::string* to);
void AppendBytesField(uint32_t number, Bytes bytes, std::string* to);
// The tag and length of a field whose `size` bytes the caller appends next.
void AppendLengthPrefix(uint32_t number, uint64_t size, std::string* to);
// What AppendLengthPrefix appends, in bytes.
size_t LengthPrefixSize(uint32_t number, uint64_t size);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_COLUMNS_WIRE_FORMAT_H_

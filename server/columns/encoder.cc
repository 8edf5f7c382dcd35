#include "server/columns/encoder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "kernelserve/v1/types.pb.h"
#include "server/columns/wire_format.h"

namespace kernelserve::server {
namespace {

using Fields = v1::Column;

template <typename T>
bool Holds(int64_t min, int64_t max) {
  return std::cmp_greater_equal(min, std::numeric_limits<T>::min()) &&
         std::cmp_less_equal(max, std::numeric_limits<T>::max());
}

// The narrowest type for all integers of the blocks, unsigned where there is a choice.
DataType NarrowestType(std::span<const ResultBlock> blocks, DataType type) {
  if (!IsInteger(type)) return type;
  int64_t min = 0;  // a null's bytes are 0
  int64_t max = 0;
  for (const ResultBlock& block : blocks) {
    if (block.min() > block.max()) continue;
    min = std::min(min, block.min());
    max = std::max(max, block.max());
  }
  DataType narrow = type;
  if (Holds<uint8_t>(min, max)) {
    narrow = DataType::kUint8;
  } else if (Holds<int8_t>(min, max)) {
    narrow = DataType::kInt8;
  } else if (Holds<uint16_t>(min, max)) {
    narrow = DataType::kUint16;
  } else if (Holds<int16_t>(min, max)) {
    narrow = DataType::kInt16;
  } else if (Holds<uint32_t>(min, max)) {
    narrow = DataType::kUint32;
  } else if (Holds<int32_t>(min, max)) {
    narrow = DataType::kInt32;
  }
  return FixedWidth(narrow) < FixedWidth(type) ? narrow : type;
}

template <typename From, typename To>
void Convert(const ResultBlock& block, uint8_t* to) {
  const From* values = reinterpret_cast<const From*>(block.values().data());
  for (size_t i = 0; i < block.rows(); ++i) {
    const To value = static_cast<To>(values[i]);
    std::memcpy(to + i * sizeof(To), &value, sizeof(To));
  }
}

// Calls function.template operator()<T>() with the C++ type of the integer `type`.
template <typename Function>
void WithIntegerType(DataType type, const Function& function) {
  switch (type) {
    case DataType::kInt8:
      return function.template operator()<int8_t>();
    case DataType::kInt16:
      return function.template operator()<int16_t>();
    case DataType::kInt32:
      return function.template operator()<int32_t>();
    case DataType::kUint8:
      return function.template operator()<uint8_t>();
    case DataType::kUint16:
      return function.template operator()<uint16_t>();
    case DataType::kUint32:
      return function.template operator()<uint32_t>();
    case DataType::kUint64:
      return function.template operator()<uint64_t>();
    default:
      return function.template operator()<int64_t>();
  }
}

// Writes a block's numbers as `type`, which holds them all.
void WriteNumbers(const ResultBlock& block, DataType type, uint8_t* to) {
  if (block.type() == type) {
    std::memcpy(to, block.values().data(), block.values().size());
    return;
  }
  WithIntegerType(block.type(), [&]<typename From>() {
    WithIntegerType(type, [&]<typename To>() { Convert<From, To>(block, to); });
  });
}

// Copies `count` bits to bit `begin` of `to`, which is zero from there on.
void CopyBits(const uint8_t* from, uint64_t count, uint8_t* to, uint64_t begin) {
  if (begin % 8 == 0) {
    std::memcpy(to + begin / 8, from, (count + 7) / 8);
    // What follows is zero again.
    if (count % 8 != 0) to[(begin + count) / 8] &= static_cast<uint8_t>((1u << (count % 8)) - 1);
    return;
  }
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t bit = begin + i;
    to[bit / 8] |= static_cast<uint8_t>(((from[i / 8] >> (i % 8)) & 1) << (bit % 8));
  }
}

// Sizes of a column's buffers, and their contents into place: the column is written once, to where
// the reply has it.
class ColumnWriter {
 public:
  ColumnWriter(std::span<const ResultBlock> blocks, const ResultFormat& format)
      : blocks_(blocks), type_(format.narrow ? NarrowestType(blocks, format.type) : format.type) {
    for (const ResultBlock& block : blocks) {
      rows_ += block.rows();
      nulls_ += block.null_count();
      bytes_ += block.values().size();
    }
    if (type_ == DataType::kBool) {
      bytes_ = BytesOfBits(rows_);
    } else if (!is_text()) {
      bytes_ = rows_ * FixedWidth(type_);
    }
  }

  uint64_t text_bytes() const { return is_text() ? bytes_ : 0; }

  void AppendTo(uint32_t number, const BufferSink& sink, std::string* reply) {
    const uint64_t validity = nulls_ > 0 ? BytesOfBits(rows_) : 0;
    const uint64_t offsets = is_text() ? (rows_ + 1) * sizeof(int32_t) : 0;
    if (sink != nullptr && AppendSpans(number, validity, offsets, sink, reply)) return;
    const std::string head = Head();
    uint64_t size = head.size() + LengthPrefixSize(Fields::kValuesFieldNumber, bytes_) + bytes_;
    if (validity > 0) {
      size += LengthPrefixSize(Fields::kValidityFieldNumber, validity) + validity;
    }
    if (offsets > 0) size += LengthPrefixSize(Fields::kOffsetsFieldNumber, offsets) + offsets;

    reply->reserve(reply->size() + LengthPrefixSize(number, size) + size);
    AppendLengthPrefix(number, size, reply);
    reply->append(head);
    if (validity > 0) {
      AppendLengthPrefix(Fields::kValidityFieldNumber, validity, reply);
      WriteValidity(Extend(validity, reply));
    }
    if (offsets > 0) {
      AppendLengthPrefix(Fields::kOffsetsFieldNumber, offsets, reply);
      WriteOffsets(Extend(offsets, reply));
    }
    AppendLengthPrefix(Fields::kValuesFieldNumber, bytes_, reply);
    WriteValues(Extend(bytes_, reply));
  }

 private:
  bool is_text() const { return type_ == DataType::kUtf8 || type_ == DataType::kBinary; }

  std::string Head() const {
    std::string head;
    AppendVarintField(Fields::kTypeFieldNumber, static_cast<uint64_t>(type_), &head);
    AppendVarintField(Fields::kLengthFieldNumber, rows_, &head);
    return head;
  }

  // The column with its buffers in the sink. False, and nothing is appended, where it refuses them.
  bool AppendSpans(uint32_t number, uint64_t validity, uint64_t offsets, const BufferSink& sink,
                   std::string* reply) {
    std::string made;
    if (validity > 0) WriteValidity(Extend(validity, &made));
    if (offsets > 0) WriteOffsets(Extend(offsets, &made));
    const bool as_they_are = HasValuesAsTheyAre();
    if (!as_they_are) WriteValues(Extend(bytes_, &made));
    std::vector<Bytes> buffers = {BytesOf(made)};
    if (as_they_are) {
      for (const ResultBlock& block : blocks_) buffers.push_back(block.values());
    }
    const std::optional<uint64_t> begin = sink(buffers);
    if (!begin.has_value()) return false;
    std::string column = Head();
    uint64_t at = *begin;
    const auto append = [&column, &at](uint32_t field, uint64_t length) {
      if (length == 0) return;
      std::string span;
      AppendVarintField(v1::RegionSpan::kOffsetFieldNumber, at, &span);
      AppendVarintField(v1::RegionSpan::kLengthFieldNumber, length, &span);
      AppendBytesField(field, BytesOf(span), &column);
      at += length;
    };
    append(Fields::kValiditySpanFieldNumber, validity);
    append(Fields::kOffsetsSpanFieldNumber, offsets);
    append(Fields::kValuesSpanFieldNumber, bytes_);
    AppendBytesField(number, BytesOf(column), reply);
    return true;
  }

  static uint8_t* Extend(uint64_t bytes, std::string* reply) {
    const size_t begin = reply->size();
    reply->resize(begin + bytes);
    return reinterpret_cast<uint8_t*>(reply->data()) + begin;
  }

  void WriteValidity(uint8_t* to) const {
    uint64_t row = 0;
    for (const ResultBlock& block : blocks_) {
      if (block.null_count() > 0) {
        CopyBits(block.validity().data(), block.rows(), to, row);
      } else {
        for (uint64_t i = row; i < row + block.rows(); ++i) {
          to[i / 8] |= static_cast<uint8_t>(1u << (i % 8));
        }
      }
      row += block.rows();
    }
  }

  void WriteOffsets(uint8_t* to) const {
    const auto write = [&to](uint64_t offset) {
      const int32_t narrow = static_cast<int32_t>(offset);
      std::memcpy(to, &narrow, sizeof(narrow));
      to += sizeof(narrow);
    };
    uint64_t begin = 0;
    write(0);
    for (const ResultBlock& block : blocks_) {
      for (const uint64_t end : block.ends()) write(begin + end);
      begin += block.values().size();
    }
  }

  // Whether the blocks' values, end to end, are the column's.
  bool HasValuesAsTheyAre() const {
    return type_ != DataType::kBool &&
           std::all_of(blocks_.begin(), blocks_.end(),
                       [this](const ResultBlock& block) { return block.type() == type_; });
  }

  void WriteValues(uint8_t* to) const {
    uint64_t row = 0;
    for (const ResultBlock& block : blocks_) {
      if (type_ == DataType::kBool) {
        for (const uint8_t value : block.values()) {
          to[row / 8] |= static_cast<uint8_t>(value << (row % 8));
          ++row;
        }
      } else if (is_text()) {
        std::memcpy(to, block.values().data(), block.values().size());
        to += block.values().size();
      } else {
        WriteNumbers(block, type_, to);
        to += block.rows() * FixedWidth(type_);
      }
    }
  }

  const std::span<const ResultBlock> blocks_;
  const DataType type_;
  uint64_t rows_ = 0;
  uint64_t nulls_ = 0;
  uint64_t bytes_ = 0;  // of values
};

void AppendRowErrors(std::span<const ResultBlock> blocks, uint32_t number, std::string* reply) {
  v1::RowErrors errors;
  for (const ResultBlock& block : blocks) {
    errors.set_count(errors.count() + block.error_count());
    for (const RowError& error : block.errors()) {
      if (errors.first_size() == kRowErrorsListed) break;
      v1::RowError* listed = errors.add_first();
      listed->set_row(error.row);
      listed->set_reason(error.reason);
      listed->set_message(error.message);
    }
  }
  if (errors.count() == 0) return;
  const std::string encoded = errors.SerializeAsString();
  AppendBytesField(number, BytesOf(encoded), reply);
}

}  // namespace

void AppendColumn(std::span<const ResultBlock> blocks, const ResultFormat& format, uint32_t number,
                  std::string* message) {
  ColumnWriter(blocks, format).AppendTo(number, nullptr, message);
}

absl::StatusOr<std::string> EncodeReply(std::span<const ResultBlock> blocks,
                                        const ResultFormat& format, const ReplyFields& fields,
                                        const BufferSink& sink) {
  ColumnWriter writer(blocks, format);
  constexpr uint64_t kTextBytesMax = std::numeric_limits<int32_t>::max();
  if (writer.text_bytes() > kTextBytesMax) {
    const std::string bound = absl::StrCat("at most ", kTextBytesMax, " bytes");
    const std::string value = absl::StrCat(writer.text_bytes(), " bytes");
    return MakeError(absl::StatusCode::kResourceExhausted,
                     {.reason = "RESULT_TOO_LARGE", .bound = bound, .value = value},
                     absl::StrCat("the results have ", value, ", ", bound,
                                  " fit one column: ask for fewer rows at a time"));
  }
  std::string reply;
  AppendRowErrors(blocks, fields.row_errors, &reply);
  writer.AppendTo(fields.column, sink, &reply);
  return reply;
}

}  // namespace kernelserve::server

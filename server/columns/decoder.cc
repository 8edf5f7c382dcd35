#include "server/columns/decoder.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "server/columns/wire_format.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

// The numbers of kernelserve.v1.Column, from protobuf's own constants so that they can't drift.
using Fields = v1::Column;

absl::Status MalformedMessage(absl::string_view what, size_t size,
                              absl::string_view expected = "a protobuf message") {
  const std::string value = absl::StrCat(size, " bytes");
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "MALFORMED_MESSAGE", .bound = expected, .value = value},
                   absl::StrCat(what, " of ", value, " is not ", expected));
}

DataType TypeOf(int64_t number) {
  // An enum beyond those known is a newer client's: it names no type that this server has.
  return number >= 0 && number <= kDataTypeMax ? static_cast<DataType>(number)
                                               : DataType::kUnspecified;
}

absl::Status TooManySpans() {
  const std::string bound = absl::StrCat("at most ", kViewBufferSpansMax);
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "MALFORMED_COLUMN", .field = "view_buffer_spans", .bound = bound},
                   absl::StrCat("a column may have ", bound, " view_buffer_spans"));
}

bool IsSpan(uint32_t number) {
  return number >= Fields::kValiditySpanFieldNumber &&
         number <= Fields::kViewBufferSpansFieldNumber;
}

absl::Status DecodeAt(Bytes encoded, ColumnView* column, v1::Column* spans, int depth) {
  // A dictionary's dictionary is malformed, but protobuf has to see that first.
  constexpr int kDepthMax = 99;
  if (depth > kDepthMax) return MalformedMessage("a column", encoded.size(), "nested less deeply");
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    const bool varint = field.type == WireType::kVarint;
    const bool bytes = field.type == WireType::kLengthDelimited;
    // A known field with another wire type is an unknown one, as protobuf has it.
    switch (field.number) {
      case Fields::kTypeFieldNumber:
        if (varint) column->type = TypeOf(static_cast<int32_t>(field.varint));
        break;
      case Fields::kLengthFieldNumber:
        if (varint) column->length = field.varint;
        break;
      case Fields::kRepeatFieldNumber:
        if (varint) column->repeat = field.varint != 0;
        break;
      case Fields::kBitOffsetFieldNumber:
        if (varint) column->bit_offset = static_cast<uint32_t>(field.varint);
        break;
      case Fields::kDictionaryFieldNumber:
        if (bytes) {
          // In place: a copy for each occurrence would make a request of n bytes n^2 work. It was
          // made here, not const, and while a column is being decoded nobody else has it.
          auto dictionary = std::const_pointer_cast<ColumnView>(column->dictionary);
          if (dictionary == nullptr) {
            dictionary = std::make_shared<ColumnView>(ColumnView{.type = DataType::kUnspecified});
            column->dictionary = dictionary;
          }
          v1::Column* inner = spans == nullptr ? nullptr : spans->mutable_dictionary();
          if (absl::Status status = DecodeAt(field.payload, dictionary.get(), inner, depth + 1);
              !status.ok()) {
            return status;
          }
        }
        break;
      case Fields::kChildrenFieldNumber:
        if (bytes) {
          ColumnView child;
          if (absl::Status status = DecodeAt(field.payload, &child, nullptr, depth + 1);
              !status.ok()) {
            return status;
          }
          ++column->children;
        }
        break;
      case Fields::kValidityFieldNumber:
        if (bytes) column->validity = field.payload;
        break;
      case Fields::kOffsetsFieldNumber:
        if (bytes) column->offsets = field.payload;
        break;
      case Fields::kValuesFieldNumber:
        if (bytes) column->values = field.payload;
        break;
      case Fields::kViewBuffersFieldNumber:
        if (bytes) column->view_buffers.push_back(field.payload);
        break;
      case Fields::kSeparatedFieldNumber:
        if (varint && spans != nullptr) spans->set_separated(field.varint != 0);
        break;
      default:
        if (bytes && IsSpan(field.number)) {
          // Protobuf itself reads and merges these: they are few bytes.
          v1::Column unused;
          v1::Column* merged = spans == nullptr ? &unused : spans;
          if (!merged->MergeFromString(std::string(field.encoded.begin(), field.encoded.end()))) {
            return MalformedMessage("a column's span", field.encoded.size());
          }
          if (merged->view_buffer_spans_size() > kViewBufferSpansMax) return TooManySpans();
        }
        break;
    }
  }
  return reader.ok() ? absl::OkStatus() : MalformedMessage("a column", encoded.size());
}

}  // namespace

absl::StatusOr<std::string> SplitColumns(Bytes message, std::span<const uint32_t> column_fields,
                                         ColumnVisitor visit) {
  std::string rest;
  WireReader reader(message);
  WireField field;
  while (reader.Next(&field)) {
    const bool column =
        field.type == WireType::kLengthDelimited &&
        std::find(column_fields.begin(), column_fields.end(), field.number) != column_fields.end();
    if (column) {
      if (absl::Status status = visit(field.number, field.payload); !status.ok()) return status;
    } else {
      rest.append(reinterpret_cast<const char*>(field.encoded.data()), field.encoded.size());
    }
  }
  if (!reader.ok()) return MalformedMessage("the request", message.size());
  return rest;
}

absl::Status ParseRest(const std::string& rest, google::protobuf::MessageLite* message) {
  if (message->ParseFromString(rest)) return absl::OkStatus();
  return MalformedMessage("the request, less its columns,", rest.size(), message->GetTypeName());
}

absl::Status DecodeColumn(Bytes encoded, ColumnView* column, v1::Column* spans) {
  return DecodeAt(encoded, column, spans, 0);
}

bool MayHaveSpans(Bytes encoded) {
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (IsSpan(field.number) || field.number == Fields::kDictionaryFieldNumber) return true;
  }
  return false;
}

ColumnView ViewOf(const v1::Column& column) {
  ColumnView view{
      .type = TypeOf(column.type()),
      .length = column.length(),
      .repeat = column.repeat(),
      .bit_offset = column.bit_offset(),
      .children = static_cast<uint32_t>(column.children_size()),
      .validity = BytesOf(column.validity()),
      .offsets = BytesOf(column.offsets()),
      .values = BytesOf(column.values()),
  };
  for (const std::string& buffer : column.view_buffers()) {
    view.view_buffers.push_back(BytesOf(buffer));
  }
  if (column.has_dictionary()) {
    view.dictionary = std::make_shared<ColumnView>(ViewOf(column.dictionary()));
  }
  return view;
}

absl::StatusOr<Parameter> DecodeParameter(const v1::Parameter& parameter) {
  Parameter decoded{.name = parameter.name()};
  switch (parameter.value_case()) {
    case v1::Parameter::kInteger:
      decoded.value = static_cast<int64_t>(parameter.integer());
      break;
    case v1::Parameter::kReal:
      decoded.value = parameter.real();
      break;
    case v1::Parameter::kBoolean:
      decoded.value = parameter.boolean();
      break;
    case v1::Parameter::kText:
      decoded.value = parameter.text();
      break;
    case v1::Parameter::kColumn: {
      ColumnView column = ViewOf(parameter.column());
      if (absl::Status status =
              ValidateLayout(column, absl::StrCat("parameters.", parameter.name()));
          !status.ok()) {
        return status;
      }
      decoded.value = std::move(column);
      break;
    }
    case v1::Parameter::VALUE_NOT_SET:
      break;
  }
  return decoded;
}

}  // namespace kernelserve::server

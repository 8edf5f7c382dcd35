#ifndef KERNELSERVE_SERVER_COLUMNS_DECODER_H_
#define KERNELSERVE_SERVER_COLUMNS_DECODER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "kernels/column.h"
#include "kernels/kernel.h"
#include "kernelserve/v1/types.pb.h"

namespace kernelserve::server {

// A columnar request in two parts: its columns, of which only the places are taken down, and
// everything else, for protobuf to parse.
struct SplitMessage {
  std::string rest;  // the message without its columns, encoded
  // Where each column field occurred, in the order of the message. A field that is not repeated may
  // occur several times: protobuf merges these, and so does DecodeColumn.
  struct Occurrence {
    uint32_t number;
    Bytes encoded;
  };
  std::vector<Occurrence> columns;
};

// Splits off the fields numbered in `column_fields`, at the top level. Agrees with protobuf's
// parser about every message, malformed ones included (MALFORMED_MESSAGE). Views point into
// `message`.
absl::StatusOr<SplitMessage> SplitColumns(Bytes message, std::span<const uint32_t> column_fields);

// Parses what SplitColumns left. MALFORMED_MESSAGE where that is no such message.
absl::Status ParseRest(const SplitMessage& split, google::protobuf::MessageLite* message);

// Decodes one occurrence of a kernelserve.v1.Column, on top of what *column holds: scalars replace,
// lists grow, dictionaries merge, in place (no other column may share them). Its buffers are views
// into `encoded`. MALFORMED_MESSAGE where that is no Column; what the column says is for
// ValidateLayout to judge.
absl::Status DecodeColumn(Bytes encoded, ColumnView* column);

// The same for a column that protobuf has parsed: one among the parameters. Views point into
// `column`.
ColumnView ViewOf(const v1::Column& column);

// A parameter as the kernels have it, its column validated. Views point into `parameter`.
absl::StatusOr<Parameter> DecodeParameter(const v1::Parameter& parameter);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_COLUMNS_DECODER_H_

#ifndef KERNELSERVE_SERVER_COLUMNS_DECODER_H_
#define KERNELSERVE_SERVER_COLUMNS_DECODER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "kernels/column.h"
#include "kernels/kernel.h"
#include "kernelserve/v1/types.pb.h"

namespace kernelserve::server {

// Takes one occurrence of a column field. One that is not repeated may occur several times:
// protobuf merges these, and so does DecodeColumn. An error ends the reading.
using ColumnVisitor = absl::FunctionRef<absl::Status(uint32_t number, Bytes encoded)>;

// Splits a columnar request in two: `visit` gets the fields numbered in `column_fields` at the top
// level, as views of `message` in its order; everything else is returned, encoded, for protobuf to
// parse. Agrees with protobuf's parser about every message, malformed ones included
// (MALFORMED_MESSAGE). Keeps nothing for a column itself: empty ones take two bytes of a message.
absl::StatusOr<std::string> SplitColumns(Bytes message, std::span<const uint32_t> column_fields,
                                         ColumnVisitor visit);

// Parses what SplitColumns returned. MALFORMED_MESSAGE where that is no such message.
absl::Status ParseRest(const std::string& rest, google::protobuf::MessageLite* message);

// Decodes one occurrence of a kernelserve.v1.Column, on top of what *column holds: scalars replace,
// lists grow, dictionaries merge, in place (no other column may share them). Its buffers are views
// into `encoded`. MALFORMED_MESSAGE where that is no Column; what the column says is for
// ValidateLayout to judge.
//
// Of its buffers that lie in shared memory *spans takes the spans, those of its dictionary
// included, and whether its texts are separated, and no other field; without `spans` they are
// passed over.
absl::Status DecodeColumn(Bytes encoded, ColumnView* column, v1::Column* spans = nullptr);

// Whether a column has buffers in shared memory, as far as can be told at a glance: it may be true
// of one that has a dictionary and none.
bool MayHaveSpans(Bytes encoded);

// The same for a column that protobuf has parsed: one among the parameters. Views point into
// `column`.
ColumnView ViewOf(const v1::Column& column);

// A parameter as the kernels have it, its column validated. Views point into `parameter`.
absl::StatusOr<Parameter> DecodeParameter(const v1::Parameter& parameter);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_COLUMNS_DECODER_H_

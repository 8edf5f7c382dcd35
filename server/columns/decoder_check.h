#ifndef KERNELSERVE_SERVER_COLUMNS_DECODER_CHECK_H_
#define KERNELSERVE_SERVER_COLUMNS_DECODER_CHECK_H_

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "google/protobuf/stubs/logging.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/columns/decoder.h"

namespace kernelserve::server {

// Holds the decoder to protobuf's own parser, for its test and its fuzzer.

inline bool SameBytes(Bytes view, const std::string& text) {
  return std::equal(view.begin(), view.end(), text.begin(), text.end(),
                    [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
}

// What differs between the view and the message: "" where nothing does.
inline std::string Difference(const ColumnView& view, const v1::Column& column) {
  const ColumnView expected = ViewOf(column);
  if (view.type != expected.type) return "type";
  if (view.length != column.length()) return "length";
  if (view.repeat != column.repeat()) return "repeat";
  if (view.bit_offset != column.bit_offset()) return "bit_offset";
  if (view.children != static_cast<uint32_t>(column.children_size())) return "children";
  if (!SameBytes(view.validity, column.validity())) return "validity";
  if (!SameBytes(view.offsets, column.offsets())) return "offsets";
  if (!SameBytes(view.values, column.values())) return "values";
  if (view.view_buffers.size() != static_cast<size_t>(column.view_buffers_size())) {
    return "view_buffers";
  }
  for (size_t i = 0; i < view.view_buffers.size(); ++i) {
    if (!SameBytes(view.view_buffers[i], column.view_buffers(static_cast<int>(i)))) {
      return "a view buffer";
    }
  }
  if ((view.dictionary != nullptr) != column.has_dictionary()) return "dictionary";
  return view.dictionary ? Difference(*view.dictionary, column.dictionary()) : "";
}

// What DecodeColumn takes over into its `spans`.
inline v1::Column SpansOf(const v1::Column& column) {
  v1::Column spans;
  if (column.has_validity_span()) *spans.mutable_validity_span() = column.validity_span();
  if (column.has_offsets_span()) *spans.mutable_offsets_span() = column.offsets_span();
  if (column.has_values_span()) *spans.mutable_values_span() = column.values_span();
  *spans.mutable_view_buffer_spans() = column.view_buffer_spans();
  spans.set_separated(column.separated());
  if (column.has_dictionary()) *spans.mutable_dictionary() = SpansOf(column.dictionary());
  return spans;
}

inline bool SameSpans(v1::Column spans, const v1::Column& column) {
  v1::Column expected = SpansOf(column);
  spans.DiscardUnknownFields();
  expected.DiscardUnknownFields();
  return spans.SerializeAsString() == expected.SerializeAsString();
}

// Decodes a PairwiseRequest by both, and tells what they differ in: "" where they agree.
inline std::string CheckAgainstProtobuf(Bytes message) {
  const google::protobuf::LogSilencer no_line_for_each_refusal;
  v1::PairwiseRequest expected;
  const bool parsed = expected.ParseFromArray(message.data(), static_cast<int>(message.size()));

  static constexpr std::array<uint32_t, 2> kFields = {14, 15};
  std::array<ColumnView, 2> columns;
  std::array<v1::Column, 2> spans;
  for (ColumnView& column : columns) column.type = DataType::kUnspecified;
  const auto split = SplitColumns(message, kFields, [&](uint32_t number, Bytes encoded) {
    return DecodeColumn(encoded, &columns[number - kFields[0]], &spans[number - kFields[0]]);
  });
  v1::PairwiseRequest rest;
  const bool decoded = split.ok() && ParseRest(*split, &rest).ok();
  if (decoded != parsed)
    return parsed ? "refused what protobuf takes" : "took what protobuf refuses";
  if (!parsed) return "";
  if (const std::string left = Difference(columns[0], expected.left()); !left.empty()) {
    return "left: " + left;
  }
  if (const std::string right = Difference(columns[1], expected.right()); !right.empty()) {
    return "right: " + right;
  }
  if (!SameSpans(spans[0], expected.left())) return "left: spans";
  if (!SameSpans(spans[1], expected.right())) return "right: spans";
  expected.clear_left();
  expected.clear_right();
  // Maps and unknown fields are kept in an order of their own, not compared byte by byte.
  expected.DiscardUnknownFields();
  rest.DiscardUnknownFields();
  return rest.SerializeAsString() == expected.SerializeAsString() ? "" : "the rest";
}

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_COLUMNS_DECODER_CHECK_H_

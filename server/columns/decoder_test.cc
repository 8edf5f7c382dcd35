#include "server/columns/decoder.h"

#include <array>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/columns/decoder_check.h"
#include "server/columns/wire_format.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

// A request with something in every field that a column has.
v1::PairwiseRequest FullRequest() {
  v1::PairwiseRequest request;
  request.mutable_scorer()->set_name("levenshtein.distance");
  request.mutable_scorer()->set_score_cutoff(2);
  request.mutable_format()->set_narrow(true);
  v1::Column* left = request.mutable_left();
  left->set_type(v1::DATA_TYPE_UTF8);
  left->set_length(3);
  left->set_bit_offset(5);
  left->set_padding("pad");
  left->set_validity("v");
  left->set_offsets(std::string(16, 'o'));
  left->set_values("abc");
  v1::Column* right = request.mutable_right();
  right->set_type(v1::DATA_TYPE_INT8);
  right->set_length(1);
  right->set_repeat(true);
  right->set_values("i");
  right->mutable_dictionary()->set_type(v1::DATA_TYPE_UTF8_VIEW);
  right->mutable_dictionary()->set_length(2);
  right->mutable_dictionary()->set_values(std::string(32, 'v'));
  right->mutable_dictionary()->add_view_buffers("first");
  right->mutable_dictionary()->add_view_buffers("second");
  return request;
}

TEST(DecoderTest, ColumnsAreSplitOffAndTheRestIsParsed) {
  const std::string encoded = FullRequest().SerializeAsString();
  const std::array<uint32_t, 2> fields = {14, 15};
  std::vector<Bytes> columns;
  const auto split = SplitColumns(BytesOf(encoded), fields, [&](uint32_t number, Bytes column) {
    EXPECT_EQ(number, fields[columns.size()]);
    columns.push_back(column);
    return absl::OkStatus();
  });
  ASSERT_TRUE(split.ok()) << split.status();
  v1::PairwiseRequest rest;
  ASSERT_TRUE(ParseRest(*split, &rest).ok());
  EXPECT_EQ(rest.scorer().name(), "levenshtein.distance");
  EXPECT_TRUE(rest.format().narrow());
  EXPECT_FALSE(rest.has_left());
  ASSERT_EQ(columns.size(), 2u);

  ColumnView left{.type = DataType::kUnspecified};
  ASSERT_TRUE(DecodeColumn(columns[0], &left).ok());
  EXPECT_EQ(left.type, DataType::kUtf8);
  EXPECT_EQ(left.length, 3u);
  EXPECT_EQ(left.bit_offset, 5u);
  EXPECT_EQ(std::string(left.values.begin(), left.values.end()), "abc");
  ColumnView right{.type = DataType::kUnspecified};
  ASSERT_TRUE(DecodeColumn(columns[1], &right).ok());
  EXPECT_TRUE(right.repeat);
  ASSERT_NE(right.dictionary, nullptr);
  EXPECT_EQ(right.value_type(), DataType::kUtf8View);
  EXPECT_EQ(right.dictionary->view_buffers.size(), 2u);
}

// A request whose columns lie in shared memory, all that can.
v1::PairwiseRequest RequestOfSpans() {
  v1::PairwiseRequest request = FullRequest();
  v1::Column* left = request.mutable_left();
  left->mutable_validity_span()->set_region("token");
  left->mutable_offsets_span()->set_offset(1ull << 40);
  left->mutable_values_span()->set_length(7);
  left->mutable_values_span()->set_turn(1);
  left->set_separated(true);
  v1::Column* dictionary = request.mutable_right()->mutable_dictionary();
  dictionary->add_view_buffer_spans()->set_offset(1);
  dictionary->add_view_buffer_spans();
  return request;
}

TEST(DecoderTest, SpansAreThoseOfProtobufsOwnParser) {
  const v1::PairwiseRequest request = RequestOfSpans();
  EXPECT_EQ(CheckAgainstProtobuf(BytesOf(request.SerializeAsString())), "");
  // Twice: spans merge, lists grow.
  EXPECT_EQ(CheckAgainstProtobuf(
                BytesOf(request.SerializeAsString() + RequestOfSpans().SerializeAsString())),
            "");

  ColumnView view;
  v1::Column spans;
  ASSERT_TRUE(DecodeColumn(BytesOf(request.left().SerializeAsString()), &view, &spans).ok());
  EXPECT_EQ(spans.validity_span().region(), "token");
  EXPECT_EQ(spans.offsets_span().offset(), 1ull << 40);
  EXPECT_EQ(spans.values_span().length(), 7u);
  EXPECT_TRUE(spans.separated());
  EXPECT_EQ(spans.type(), v1::DATA_TYPE_UNSPECIFIED) << "a span and nothing else";
}

TEST(DecoderTest, ASpanThatIsNoMessageIsRefusedWhoeverWantsIt) {
  std::string encoded;
  AppendBytesField(v1::Column::kValuesSpanFieldNumber, BytesOf("\xff"), &encoded);
  ColumnView view;
  EXPECT_EQ(ErrorReason(DecodeColumn(BytesOf(encoded), &view)), "MALFORMED_MESSAGE");
}

TEST(DecoderTest, AColumnHasSoManySpans) {
  v1::Column column;
  for (int i = 0; i < kViewBufferSpansMax; ++i) column.add_view_buffer_spans();
  ColumnView view;
  v1::Column spans;
  EXPECT_TRUE(DecodeColumn(BytesOf(column.SerializeAsString()), &view, &spans).ok());
  column.add_view_buffer_spans();
  spans.Clear();
  const absl::Status status = DecodeColumn(BytesOf(column.SerializeAsString()), &view, &spans);
  EXPECT_EQ(ErrorReason(status), "MALFORMED_COLUMN");
  EXPECT_EQ(ErrorBound(status), "at most 4096");
}

TEST(DecoderTest, TellsColumnsThatHaveNoSpans) {
  const v1::PairwiseRequest spans = RequestOfSpans();
  EXPECT_TRUE(MayHaveSpans(BytesOf(spans.left().SerializeAsString())));
  EXPECT_TRUE(MayHaveSpans(BytesOf(spans.right().SerializeAsString())));
  EXPECT_FALSE(MayHaveSpans(BytesOf(FullRequest().left().SerializeAsString())));
}

TEST(DecoderTest, AgreesWithProtobufOnOrdinaryMessages) {
  EXPECT_EQ(CheckAgainstProtobuf(BytesOf(FullRequest().SerializeAsString())), "");
  EXPECT_EQ(CheckAgainstProtobuf({}), "");
}

TEST(DecoderTest, AFieldThatOccursTwiceIsMergedAsProtobufDoes) {
  v1::PairwiseRequest more;
  more.mutable_left()->set_values("later");
  more.mutable_left()->add_view_buffers("third");
  more.mutable_right()->mutable_dictionary()->add_view_buffers("fourth");
  const std::string encoded = FullRequest().SerializeAsString() + more.SerializeAsString();
  EXPECT_EQ(CheckAgainstProtobuf(BytesOf(encoded)), "");
  // Within one column too.
  v1::PairwiseRequest twice;
  std::string inner = FullRequest().right().SerializeAsString();
  inner += inner;
  std::string outer = "\x7a";  // field 15, length-delimited
  outer += static_cast<char>(inner.size());
  EXPECT_EQ(CheckAgainstProtobuf(BytesOf(outer + inner)), "");
}

TEST(DecoderTest, ADictionaryInManyPiecesIsNotCopiedForEachOfThem) {
  v1::Column column;
  column.mutable_dictionary()->add_view_buffers("");
  std::string piece = column.SerializeAsString();
  ColumnView view{.type = DataType::kUnspecified};
  ASSERT_TRUE(DecodeColumn(BytesOf(piece), &view).ok());
  const ColumnView* const dictionary = view.dictionary.get();
  std::string pieces;
  for (int i = 0; i < 1000; ++i) pieces += piece;
  ASSERT_TRUE(DecodeColumn(BytesOf(pieces), &view).ok());
  EXPECT_EQ(view.dictionary.get(), dictionary);
  EXPECT_EQ(view.dictionary->view_buffers.size(), 1001u);
}

TEST(DecoderTest, AgreesWithProtobufOnMutatedMessages) {
  std::mt19937 random(20260101);
  const std::string whole = FullRequest().SerializeAsString();
  for (int i = 0; i < 20'000; ++i) {
    std::string mutated = whole;
    const int edits = 1 + static_cast<int>(random() % 4);
    for (int e = 0; e < edits && !mutated.empty(); ++e) {
      const size_t at = random() % mutated.size();
      switch (random() % 5) {
        case 0:
          mutated[at] = static_cast<char>(random());
          break;
        case 1:
          mutated[at] = static_cast<char>(mutated[at] ^ (1 << (random() % 8)));
          break;
        case 2:
          mutated.erase(at, 1 + random() % 4);
          break;
        case 3:
          mutated.insert(at, 1, static_cast<char>(random()));
          break;
        default:
          mutated.resize(at);
      }
    }
    ASSERT_EQ(CheckAgainstProtobuf(BytesOf(mutated)), "") << "mutation " << i;
  }
}

TEST(DecoderTest, DeepNestingIsRefusedNotARanOutStack) {
  // A dictionary in a dictionary in a dictionary ...
  std::string column;
  for (int depth = 0; depth < 10'000; ++depth) {
    std::string size;
    for (size_t rest = column.size();; rest >>= 7) {
      size.push_back(static_cast<char>((rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0)));
      if (rest < 0x80) break;
    }
    column = "\x2a" + size + column;
  }
  ColumnView view;
  EXPECT_EQ(ErrorReason(DecodeColumn(BytesOf(column), &view)), "MALFORMED_MESSAGE");
  // Groups within groups.
  const std::string groups(100'000, '\x0b');
  EXPECT_EQ(ErrorReason(DecodeColumn(BytesOf(groups), &view)), "MALFORMED_MESSAGE");
}

TEST(DecoderTest, ParametersBecomeWhatKernelsTake) {
  v1::Parameter parameter;
  parameter.set_name("weights");
  parameter.set_integer(-7);
  EXPECT_EQ(std::get<int64_t>(DecodeParameter(parameter)->value), -7);
  parameter.set_real(0.5);
  EXPECT_EQ(std::get<double>(DecodeParameter(parameter)->value), 0.5);
  parameter.set_boolean(true);
  EXPECT_EQ(std::get<bool>(DecodeParameter(parameter)->value), true);
  parameter.set_text("x");
  EXPECT_EQ(std::get<std::string>(DecodeParameter(parameter)->value), "x");
  parameter.mutable_column()->set_type(v1::DATA_TYPE_INT64);
  parameter.mutable_column()->set_length(2);
  parameter.mutable_column()->set_values(std::string(16, '\0'));
  EXPECT_EQ(std::get<ColumnView>(DecodeParameter(parameter)->value).length, 2u);
  parameter.mutable_column()->set_values("short");
  EXPECT_EQ(ErrorField(DecodeParameter(parameter).status()), "parameters.weights.values");
  parameter.clear_value();
  EXPECT_TRUE(std::holds_alternative<std::monostate>(DecodeParameter(parameter)->value));
}

}  // namespace
}  // namespace kernelserve::server

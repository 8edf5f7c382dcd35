#include "server/shared_memory/span_buffers.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "server/shared_memory/process_region.h"
#include "server/shared_memory/span_buffers_fixture.h"

namespace kernelserve::server {
namespace {

using ::testing::ElementsAre;

TEST_F(SpanBuffersTest, EveryBufferIsFetched) {
  v1::Column column;
  *column.mutable_validity_span() = Span(0, 1);
  *column.mutable_offsets_span() = Span(1, 2);
  *column.mutable_values_span() = Span(3, 3);
  *column.add_view_buffer_spans() = Span(6, 1);
  *column.add_view_buffer_spans() = Span(7, 3);
  ASSERT_TRUE(Fetch(column).ok());
  EXPECT_EQ(TextOf(view_.validity), "0");
  EXPECT_EQ(TextOf(view_.offsets), "12");
  EXPECT_EQ(TextOf(view_.values), "345");
  std::vector<std::string> views;
  for (const Bytes buffer : view_.view_buffers) views.push_back(TextOf(buffer));
  EXPECT_THAT(views, ElementsAre("6", "789"));
}

TEST_F(SpanBuffersTest, SoAreADictionarys) {
  v1::Column column;
  column.set_values("indices");
  *column.mutable_dictionary()->mutable_values_span() = Span(2, 4);
  ASSERT_TRUE(Fetch(column).ok());
  EXPECT_EQ(TextOf(view_.values), "indices");
  EXPECT_EQ(TextOf(view_.dictionary->values), "2345");
}

TEST_F(SpanBuffersTest, ASpanTakesThePlaceOfWhatWasSent) {
  v1::Column column;
  column.set_validity("sent");
  column.set_values("sent");
  column.add_view_buffers("sent");
  *column.mutable_values_span() = Span(4, 0);
  *column.add_view_buffer_spans() = Span(0, 1);
  ASSERT_TRUE(Fetch(column).ok());
  EXPECT_EQ(TextOf(view_.validity), "sent");
  EXPECT_EQ(TextOf(view_.values), "");
  ASSERT_EQ(view_.view_buffers.size(), 1u);
  EXPECT_EQ(TextOf(view_.view_buffers[0]), "0");
}

TEST_F(SpanBuffersTest, WhatTheClientWritesLaterIsNotSeen) {
  const Descriptor memory = MakeMemfd("abc");
  v1::Column column;
  *column.mutable_values_span() = Span(0, 3);
  column.mutable_values_span()->set_region(
      *table_.Add(std::make_shared<MemfdRegion>(Duplicate(memory), 3)));
  ASSERT_TRUE(Fetch(column).ok());
  ASSERT_EQ(pwrite(memory.get(), "XYZ", 3, 0), 3);
  EXPECT_EQ(TextOf(view_.values), "abc");
}

TEST_F(SpanBuffersTest, OffsetsBeginWhereTheirSpanSays) {
  const std::vector<uint32_t> offsets = {7, 9, 6, 0xffffffff};
  const std::string bytes(reinterpret_cast<const char*>(offsets.data()), 4 * offsets.size());
  const std::string token = *table_.Add(MakeMemfdRegion(bytes + "..."));
  v1::Column column;
  column.mutable_offsets_span()->set_region(token);
  column.mutable_offsets_span()->set_length(bytes.size() + 3);  // and what is no number
  column.mutable_offsets_span()->set_base(7);
  *column.mutable_values_span() = Span(2, 4);
  column.mutable_values_span()->set_base(1);  // it has none
  ASSERT_TRUE(Fetch(column).ok());
  std::vector<uint32_t> found(4);
  std::memcpy(found.data(), view_.offsets.data(), bytes.size());
  EXPECT_THAT(found, ElementsAre(0, 2, 0xffffffff, 0xfffffff8));
  EXPECT_EQ(TextOf(view_.offsets.subspan(16)), "...");
  EXPECT_EQ(TextOf(view_.values), "2345");
}

TEST_F(SpanBuffersTest, TextsThatCameSeparatedAreFoundByOffsets) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_UTF8);
  column.set_length(3);
  column.set_values(std::string("ab\0\0c", 5));
  column.set_offsets("not looked at");
  column.set_separated(true);
  *column.mutable_dictionary() = v1::Column(column);
  column.mutable_dictionary()->set_type(v1::DATA_TYPE_BINARY);
  *column.mutable_dictionary()->mutable_values_span() = Span(2, 5);
  column.mutable_dictionary()->set_length(1);
  ASSERT_TRUE(Fetch(column).ok());
  std::vector<int32_t> offsets(4);
  ASSERT_EQ(view_.offsets.size(), 16u);
  std::memcpy(offsets.data(), view_.offsets.data(), 16);
  EXPECT_THAT(offsets, ElementsAre(0, 2, 2, 3));
  EXPECT_EQ(TextOf(view_.values), "abc");
  EXPECT_EQ(view_.dictionary->offsets.size(), 8u);
  EXPECT_EQ(TextOf(view_.dictionary->values), "23456");
  EXPECT_EQ(memory_.reserved(), 10u + 64 + (16 + 5 + 16) + (8 + 5 + 16));
}

TEST_F(SpanBuffersTest, OnlyTextsAreSeparated) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_INT8);
  column.set_length(2);
  column.set_values("ab");
  column.set_separated(true);
  ASSERT_TRUE(Fetch(column).ok());
  EXPECT_EQ(TextOf(view_.values), "ab");
}

TEST_F(SpanBuffersTest, TextsThatAreNotSeparatedAsTheirColumnSaysAreAnError) {
  for (const uint64_t length : {uint64_t{0}, uint64_t{1}, uint64_t{3}, UINT64_MAX}) {
    v1::Column column;
    column.set_type(v1::DATA_TYPE_UTF8);
    column.set_length(length);
    column.set_values(std::string("a\0c", 3));
    column.set_separated(true);
    const absl::Status status = Fetch(column);
    EXPECT_EQ(ErrorReason(status), "MALFORMED_COLUMN");
    EXPECT_EQ(ErrorField(status), "left.values");
    EXPECT_EQ(ErrorBound(status),
              absl::StrCat(length, " texts with a zero byte between each and the next"));
  }
}

class ProcessSpansTest : public SpanBuffersTest {
 protected:
  ProcessSpansTest() {
    const Bytes proof(reinterpret_cast<const uint8_t*>(text_.data()), text_.size());
    const uint64_t address = reinterpret_cast<uint64_t>(text_.data());
    auto region = ProcessRegion::Open(getpid(), address, proof);
    EXPECT_TRUE(region.ok()) << region.status();
    process_token_ = *table_.Add(*std::move(region));
  }

  v1::RegionSpan At(uint64_t offset, uint64_t length) const {
    return SpanOf(process_token_, offset, length);
  }

  const std::string text_ = "in this process's memory";
  std::string process_token_;
};

TEST_F(ProcessSpansTest, AreReadByTheirAddress) {
  v1::Column column;
  *column.mutable_values_span() = At(reinterpret_cast<uint64_t>(text_.data()) + 8, 7);
  ASSERT_TRUE(Fetch(column).ok());
  EXPECT_EQ(TextOf(view_.values), "process");
}

TEST_F(ProcessSpansTest, WhatCannotBeReadIsToBeSent) {
  v1::Column column;
  *column.mutable_values_span() = At(8, 7);
  ExpectUnknown(column, "left.values_span", "7 bytes at 8");
}

TEST_F(ProcessSpansTest, LengthsThatOverflowTheirSumAreTooMuch) {
  const uint64_t most = uint64_t{1} << 63;
  v1::Column column;
  for (int i = 0; i < 4; ++i) *column.add_view_buffer_spans() = At(0, most);
  const absl::Status status = Fetch(column);
  EXPECT_EQ(ErrorReason(status), "REQUEST_TOO_LARGE");
  EXPECT_EQ(memory_.reserved(), 10u);
}

TEST_F(ProcessSpansTest, ResultsAreNotWrittenThere) {
  const auto place =
      ResultPlace::Begin(table_, At(reinterpret_cast<uint64_t>(text_.data()), 4), "result_span");
  ASSERT_TRUE(place.ok()) << place.status();
  const std::array<uint8_t, 1> byte = {'x'};
  EXPECT_EQ(place->WriteAt(0, byte), std::nullopt);
  EXPECT_EQ(text_, "in this process's memory");
}

TEST_F(SpanBuffersTest, ATokenOfNobodyIsAnError) {
  v1::Column column;
  *column.mutable_values_span() = Span(0, 3);
  column.mutable_values_span()->set_region(std::string(16, 'x'));
  ExpectUnknown(column, "left.values_span.region", "a token of 16 bytes");
}

TEST_F(SpanBuffersTest, ATokenOfARegionThatIsGoneIsAnError) {
  v1::Column column;
  *column.mutable_dictionary()->mutable_offsets_span() = Span(0, 3);
  table_.Remove(token_);
  const absl::Status status = Fetch(column);
  EXPECT_EQ(ErrorReason(status), "REGION_UNKNOWN");
  EXPECT_EQ(ErrorField(status), "left.dictionary.offsets_span.region");
}

TEST_F(SpanBuffersTest, ASpanOutsideOfItsRegionIsAnError) {
  constexpr uint64_t kMost = UINT64_MAX;
  struct Case {
    uint64_t offset;
    uint64_t length;
    const char* value;
  };
  for (const Case& wrong :
       {Case{0, 11, "11 bytes at 0"}, Case{10, 1, "1 bytes at 10"}, Case{11, 0, "0 bytes at 11"},
        Case{5, kMost - 4, ""}, Case{kMost, 1, ""}, Case{kMost, kMost, ""}, Case{1, kMost, ""}}) {
    v1::Column column;
    *column.add_view_buffer_spans() = Span(0, 1);
    *column.add_view_buffer_spans() = Span(wrong.offset, wrong.length);
    const absl::Status status = Fetch(column);
    EXPECT_EQ(ErrorReason(status), "MALFORMED_COLUMN");
    EXPECT_EQ(ErrorField(status), "left.view_buffer_spans[1]");
    EXPECT_EQ(ErrorBound(status), "a span inside 10 bytes");
    if (*wrong.value != '\0') {
      EXPECT_EQ(ErrorValue(status), wrong.value);
    }
  }
}

// A column of two views over 12 bytes into a buffer that is longer than they are.
class ViewSpansTest : public SpanBuffersTest {
 protected:
  ViewSpansTest() {
    for (size_t i = 0; i < text_.size(); ++i) text_[i] = static_cast<char>('a' + i % 23);
    column_.set_type(v1::DATA_TYPE_UTF8_VIEW);
    column_.set_length(2);
    *column_.add_view_buffer_spans() = SpanOf(*table_.Add(MakeMemfdRegion(text_)), 0, text_.size());
  }

  static std::string Views(int32_t first, int32_t second) {
    const std::vector<int32_t> views = {20, 0, 0, first, 13, 0, 0, second};
    return TextOf(kernelserve::BytesOf(views));
  }

  void SetViews(const std::string& views) {
    *column_.mutable_values_span() = SpanOf(*table_.Add(MakeMemfdRegion(views)), 0, views.size());
  }

  std::string text_ = std::string(800, ' ');
  v1::Column column_;
};

TEST_F(ViewSpansTest, OfALongBufferIsCopiedWhatTheViewsPointInto) {
  SetViews(Views(400, 300));
  ASSERT_TRUE(Fetch(column_).ok());
  ASSERT_EQ(view_.view_buffers.size(), 1u);
  EXPECT_EQ(TextOf(view_.view_buffers[0]), text_.substr(300, 120));
  EXPECT_EQ(TextOf(view_.values), Views(100, 0));
  EXPECT_EQ(memory_.reserved(), 10u + 800 + 32 + 64 + 128);
}

TEST_F(ViewSpansTest, SoIsADictionarys) {
  SetViews(Views(400, 300));
  v1::Column indices;
  *indices.mutable_dictionary() = column_;
  ASSERT_TRUE(Fetch(indices).ok());
  EXPECT_EQ(TextOf(view_.dictionary->view_buffers[0]), text_.substr(300, 120));
  EXPECT_EQ(TextOf(view_.dictionary->values), Views(100, 0));
}

TEST_F(ViewSpansTest, ViewsThatLieGoWithAllOfTheBuffer) {
  SetViews(Views(400, 800));
  ASSERT_TRUE(Fetch(column_).ok());
  EXPECT_EQ(TextOf(view_.view_buffers[0]), text_);
  EXPECT_EQ(TextOf(view_.values), Views(400, 800));
}

TEST_F(ViewSpansTest, SoDoThoseThatWereSent) {
  column_.set_values(Views(400, 300));
  ASSERT_TRUE(Fetch(column_).ok());
  EXPECT_EQ(TextOf(view_.view_buffers[0]), text_);
}

TEST_F(ViewSpansTest, FewerViewsThanThereAreRowsAreForTheLayoutsCheck) {
  column_.set_length(uint64_t{1} << 60);
  SetViews(Views(400, 300));
  ASSERT_TRUE(Fetch(column_).ok());
  EXPECT_EQ(TextOf(view_.view_buffers[0]), text_);
}

TEST_F(SpanBuffersTest, SpansCountAsTheRequestsBytes) {
  v1::Column column;
  for (int i = 0; i < 15; ++i) *column.add_view_buffer_spans() = Span(0, 10);
  ASSERT_TRUE(Fetch(column).ok());
  EXPECT_EQ(memory_.reserved(), 10u + 15 * 64);
  *column.add_view_buffer_spans() = Span(0, 10);
  const absl::Status status = Fetch(column);
  EXPECT_EQ(ErrorReason(status), "REQUEST_TOO_LARGE");
  EXPECT_EQ(ErrorValue(status), "1024");
  EXPECT_EQ(memory_.reserved(), 10u);
}

TEST_F(SpanBuffersTest, CopiesComeOutOfTheBudget) {
  MemoryBudget::Reservation others(&memory_);
  ASSERT_TRUE(others.Grow((1 << 20) - 10 - 63).ok());
  v1::Column column;
  *column.mutable_values_span() = Span(0, 10);
  EXPECT_EQ(ErrorReason(Fetch(column)), "MEMORY_CEILING");
  others.Shrink(1);
  EXPECT_TRUE(Fetch(column).ok());
}

TEST_F(SpanBuffersTest, ResultsGoWhereTheSpanSays) {
  const auto place = ResultPlace::Begin(table_, Span(4, 3), "result_span");
  ASSERT_TRUE(place.ok()) << place.status();
  const std::string fits = "abc";
  const std::string longer = "abcd";
  const auto bytes_of = [](const std::string& text) {
    return Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  const auto write = [&](const std::vector<std::string>& texts) {
    std::vector<Bytes> buffers;
    for (const std::string& text : texts) buffers.push_back(bytes_of(text));
    return place->Write(buffers);
  };
  EXPECT_EQ(write({longer}), std::nullopt);
  EXPECT_EQ(write({"ab", "cd"}), std::nullopt);
  EXPECT_EQ(write({"a", "", "bc"}), 4u);
  EXPECT_EQ(write({}), 4u);
  EXPECT_EQ(write({fits}), 4u);
  const auto write_at = [&](uint64_t at, const std::string& text) {
    return place->WriteAt(at, bytes_of(text));
  };
  EXPECT_EQ(write_at(2, "c"), 6u);
  EXPECT_EQ(write_at(3, ""), 7u);
  EXPECT_EQ(write_at(2, "cd"), std::nullopt);
  EXPECT_EQ(write_at(4, ""), std::nullopt);
  EXPECT_EQ(write_at(UINT64_MAX, "c"), std::nullopt);
  v1::Column column;
  *column.mutable_values_span() = Span(0, 10);
  ASSERT_TRUE(Fetch(column).ok());
  EXPECT_EQ(TextOf(view_.values), "0123abc789");
}

TEST_F(SpanBuffersTest, ACallThatWasGivenUpDoesNotWriteOverTheNextOnesResults) {
  v1::RegionSpan span = Span(0, 10);
  span.set_turn(7);
  const auto given_up = ResultPlace::Begin(table_, span, "result_span");
  span.set_turn(8);
  const auto next = ResultPlace::Begin(table_, span, "result_span");
  const std::array<uint8_t, 1> byte = {'x'};
  EXPECT_EQ(given_up->WriteAt(0, byte), std::nullopt);
  EXPECT_EQ(next->WriteAt(0, byte), 0u);
}

TEST_F(SpanBuffersTest, APlaceForResultsMustLieInARegion) {
  const absl::Status outside =
      ResultPlace::Begin(table_, Span(4, 7), "format.result_span").status();
  EXPECT_EQ(ErrorReason(outside), "INVALID_ARGUMENT");
  EXPECT_EQ(ErrorField(outside), "format.result_span");
  EXPECT_EQ(ErrorValue(outside), "7 bytes at 4");
  const absl::Status unknown = ResultPlace::Begin(table_, {}, "format.result_span").status();
  EXPECT_EQ(ErrorReason(unknown), "REGION_UNKNOWN");
  EXPECT_EQ(ErrorField(unknown), "format.result_span.region");
}

TEST_F(SpanBuffersTest, ARegionThatIsTakenAwayStaysForACallUnderWay) {
  const auto place = ResultPlace::Begin(table_, Span(0, 10), "result_span");
  table_.Remove(token_);
  const std::array<uint8_t, 1> byte = {'x'};
  EXPECT_EQ(place->WriteAt(0, byte), 0u);
}

}  // namespace
}  // namespace kernelserve::server

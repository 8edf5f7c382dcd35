#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/column.h"
#include "server/shared_memory/span_buffers_fixture.h"

namespace kernelserve::server {
namespace {

// A column of two views over 12 bytes into a buffer that is longer than they are.
class ViewSpansTest : public SpanBuffersTest {
 protected:
  ViewSpansTest() {
    for (size_t i = 0; i < text_.size(); ++i) text_[i] = static_cast<char>('a' + i % 23);
    text_token_ = *table_.Add(MakeMemfdRegion(text_));
    column_.set_type(v1::DATA_TYPE_UTF8_VIEW);
    column_.set_length(2);
    v1::RegionSpan* const span = column_.add_view_buffer_spans();
    span->set_region(text_token_);
    span->set_length(text_.size());
  }

  static std::string Views(int32_t first, int32_t second) {
    const std::vector<int32_t> views = {20, 0, 0, first, 13, 0, 0, second};
    return TextOf(kernelserve::BytesOf(views));
  }

  void SetViews(const std::string& views) {
    column_.mutable_values_span()->set_region(*table_.Add(MakeMemfdRegion(views)));
    column_.mutable_values_span()->set_length(views.size());
  }

  std::string text_ = std::string(800, ' ');
  std::string text_token_;
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

}  // namespace
}  // namespace kernelserve::server

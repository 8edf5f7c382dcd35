#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "server/cross/cross_handler_fixture.h"
#include "server/error_details_matchers.h"
#include "server/shared_memory/memfd.h"
#include "server/shared_memory/memfd_region.h"

namespace kernelserve::server {
namespace {

// What a matrix's messages hold, or say to have left in `region`; a byte a score.
std::string Scores(const std::vector<v1::CdistResponse>& messages, const Descriptor& region) {
  std::string scores;
  for (const v1::CdistResponse& message : messages) {
    const v1::Column& column = message.scores();
    EXPECT_EQ(column.type(), v1::DATA_TYPE_UINT8);
    scores += column.values();
    std::string placed(column.values_span().length(), '\0');
    EXPECT_EQ(pread(region.get(), placed.data(), placed.size(),
                    static_cast<off_t>(column.values_span().offset())),
              static_cast<ssize_t>(placed.size()));
    scores += placed;
  }
  return scores;
}

TEST_F(CrossHandlerTest, LeavesAMatrixWhereItsClientHasAPlaceForIt) {
  const auto queries = Words(3000, 8);
  const auto choices = Words(400, 9);
  std::string expected;
  for (const std::string& query : queries) {
    for (const std::string& choice : choices)
      expected += static_cast<char>(Distance(query, choice));
  }
  const size_t size = expected.size();
  Descriptor memory = MakeMemfd(std::string(size + 100, '\0'));
  const std::string token = *regions_.Add(*MemfdRegion::Open(Duplicate(memory)));
  v1::CdistRequest request;
  *request.mutable_queries() = ColumnOf(queries);
  *request.mutable_column() = ColumnOf(choices);
  v1::ResultFormat& format = *request.mutable_options()->mutable_format();
  format.set_type(v1::DATA_TYPE_UINT8);
  v1::RegionSpan& span = *format.mutable_result_span();
  span.set_region(token);
  const auto placed = [](const std::vector<v1::CdistResponse>& messages) {
    uint64_t bytes = 0;
    for (const auto& message : messages) bytes += message.scores().values_span().length();
    return bytes;
  };

  span.set_turn(1);
  span.set_offset(100);
  span.set_length(size);
  std::vector<v1::CdistResponse> messages;
  ASSERT_TRUE(Cdist(request, &messages).ok());
  EXPECT_EQ(Scores(messages, memory), expected);
  EXPECT_EQ(placed(messages), size);
  EXPECT_EQ(messages[0].scores().values_span().offset(), 100u);

  // From a later query on, and with room for the first task's rows but not for all.
  request.mutable_options()->set_query_begin(7);
  span.set_length(size / 10 * 9);
  messages.clear();
  ASSERT_TRUE(Cdist(request, &messages).ok());
  EXPECT_EQ(Scores(messages, memory), expected.substr(7 * choices.size()));
  EXPECT_GT(placed(messages), 0u);
  EXPECT_LT(placed(messages), size / 10 * 9);

  // Another call has the place now.
  request.mutable_options()->clear_query_begin();
  span.set_length(size);
  ASSERT_TRUE(ResultPlace::Begin(regions_, span, "").ok());
  span.set_turn(0);
  messages.clear();
  ASSERT_TRUE(Cdist(request, &messages).ok());
  EXPECT_EQ(Scores(messages, memory), expected);
  EXPECT_EQ(placed(messages), 0u);
  regions_.Remove(token);
  EXPECT_THAT(Cdist(request, &messages),
              IsError(grpc::StatusCode::FAILED_PRECONDITION, "REGION_UNKNOWN"));
}

// Choices of several blocks, which the tasks of a few queries are cut by.
TEST_F(CrossHandlerTest, PutsAMatrixThatIsCutByItsChoicesTogetherAgain) {
  const auto choices = Words(3 * Choices::kBlock + 100, 12);
  const auto queries = Words(7, 13);
  std::vector<float> expected;
  std::string validity((queries.size() * choices.size() + 7) / 8, '\xff');
  for (size_t q = 0; q < queries.size(); ++q) {
    for (size_t c = 0; c < choices.size(); ++c) {
      expected.push_back(static_cast<float>(Distance(queries[q], choices[c])));
      if (q != 2) continue;
      expected.back() = 0;
      const size_t bit = q * choices.size() + c;
      validity[bit / 8] &= static_cast<char>(~(1u << bit % 8));
    }
  }
  const size_t unused = queries.size() * choices.size() % 8;
  validity.back() &= static_cast<char>((1u << unused) - 1);
  Descriptor memory = MakeMemfd(std::string(expected.size() * sizeof(float), '\0'));
  const std::string token = *regions_.Add(*MemfdRegion::Open(Duplicate(memory)));

  v1::CdistRequest request;
  *request.mutable_queries() = ColumnOf(queries);
  request.mutable_queries()->set_validity("\x7b");  // all but the third
  *request.mutable_column() = ColumnOf(choices);
  v1::ResultFormat& format = *request.mutable_options()->mutable_format();
  format.set_type(v1::DATA_TYPE_FLOAT32);
  for (const bool shared : {false, true}) {
    if (shared) {
      format.mutable_result_span()->set_region(token);
      format.mutable_result_span()->set_length(expected.size() * sizeof(float));
    }
    std::vector<v1::CdistResponse> messages;
    ASSERT_TRUE(Cdist(request, &messages).ok());
    std::string scores;
    for (const v1::CdistResponse& message : messages) scores += message.scores().values();
    if (shared) {
      ASSERT_EQ(messages.size(), 1);
      EXPECT_EQ(messages[0].scores().validity(), validity);
      scores.resize(expected.size() * sizeof(float));
      ASSERT_EQ(pread(memory.get(), scores.data(), scores.size(), 0),
                static_cast<ssize_t>(scores.size()));
    }
    ASSERT_EQ(scores.size(), expected.size() * sizeof(float));
    EXPECT_EQ(std::memcmp(scores.data(), expected.data(), scores.size()), 0);
  }
  regions_.Remove(token);
}

// As many choices as are cut into shards: so few queries are, too.
TEST_F(CrossHandlerTest, GivesAFewQueriesOfManyChoicesWhatEachPairGives) {
  const auto choices = Words(Choices::kShard + 3000, 10);
  const auto queries = Words(3, 11);
  std::vector<Match> near;
  std::vector<Match> best;
  std::string scores;
  for (size_t q = 0; q < queries.size(); ++q) {
    std::vector<std::pair<int, size_t>> sorted;
    for (size_t c = 0; c < choices.size(); ++c) {
      const int distance = Distance(queries[q], choices[c]);
      scores += static_cast<char>(distance);
      sorted.emplace_back(distance, c);
      if (distance == 0) near.emplace_back(q, c, distance);
    }
    // The best of all are in the last shard: a few are more than the first ones would fill.
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < 50'000; ++i) best.emplace_back(q, sorted[i].second, sorted[i].first);
  }
  std::vector<v1::JoinResponse> joined;
  v1::JoinRequest join = JoinOf(queries, choices, 0);
  ASSERT_TRUE(Join(join, &joined).ok());
  EXPECT_EQ(Matches(joined), near);
  join.set_matches_max(near.size() - 1);
  EXPECT_THAT(Join(join), IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE"));

  v1::TopKRequest top_k;
  top_k.set_k(50'000);
  *top_k.mutable_queries() = join.queries();
  top_k.set_digest(joined[0].block().choices_digest());
  std::vector<v1::JoinResponse> found;  // as TopKResponse, but for the name
  grpc::ClientContext context;
  const auto reader = stub_->TopK(&context, top_k);
  for (v1::TopKResponse message; reader->Read(&message);) {
    found.emplace_back().ParseFromString(message.SerializeAsString());
  }
  ASSERT_TRUE(reader->Finish().ok());
  EXPECT_EQ(Matches(found), best);

  v1::CdistRequest cdist;
  *cdist.mutable_queries() = join.queries();
  cdist.set_digest(top_k.digest());
  v1::ResultFormat& format = *cdist.mutable_options()->mutable_format();
  format.set_type(v1::DATA_TYPE_UINT8);
  Descriptor memory = MakeMemfd(std::string(scores.size(), '\0'));
  const std::string token = *regions_.Add(*MemfdRegion::Open(Duplicate(memory)));
  for (const size_t room : {size_t{0}, scores.size() / 2, scores.size()}) {
    v1::RegionSpan& span = *format.mutable_result_span();
    span.set_region(token);
    span.set_length(room);
    std::vector<v1::CdistResponse> messages;
    ASSERT_TRUE(Cdist(cdist, &messages).ok());
    EXPECT_EQ(Scores(messages, memory), scores);
    EXPECT_EQ(messages[0].scores().values_span().length(), room == scores.size() ? room : 0);
  }
  regions_.Remove(token);
}

}  // namespace
}  // namespace kernelserve::server

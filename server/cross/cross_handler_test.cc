#include "server/cross/cross_handler.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "kernelserve/v1/string_distance.grpc.pb.h"
#include "server/cross/cross_handler_fixture.h"
#include "server/error_details_matchers.h"
#include "server/limits.h"
#include "server/scheduler/worker_pool.h"
#include "server/shared_memory/memfd.h"
#include "server/string_distance_service.h"

namespace kernelserve::server {
namespace {

TEST_F(CrossHandlerTest, JoinsWhatTheDenseMatrixHasWithinTheCutoff) {
  const auto queries = Words(700, 1);
  const auto choices = Words(500, 2);
  std::vector<Match> expected;
  for (size_t q = 0; q < queries.size(); ++q) {
    for (size_t c = 0; c < choices.size(); ++c) {
      const int distance = Distance(queries[q], choices[c]);
      if (distance <= 2) expected.emplace_back(q, c, distance);
    }
  }
  v1::JoinRequest request = JoinOf(queries, choices, 2);
  for (const uint32_t block_bytes : {0u, 1000u, 1u}) {
    request.mutable_options()->mutable_format()->set_block_bytes_max(block_bytes);
    std::vector<v1::JoinResponse> messages;
    ASSERT_TRUE(Join(request, &messages).ok());
    EXPECT_EQ(Matches(messages), expected);
    uint64_t next = 0;
    for (const v1::JoinResponse& message : messages) {
      EXPECT_EQ(message.block().query_begin(), next);
      next = message.block().query_end();
      const uint64_t of_queries = message.block().query_end() - message.block().query_begin();
      const uint64_t bytes = message.scores().length() * 20;
      if (block_bytes > 0 && bytes > block_bytes) {
        const auto indices = Numbers<uint64_t>(message.query_indices());
        EXPECT_EQ(indices.front(), indices.back()) << "over the bound, of " << of_queries;
      }
    }
    EXPECT_EQ(next, queries.size());
  }
}

// Each takes its client half a millisecond to read: 32 queries a message, of a few matches, cost
// the client of a search of two seconds 6 % of a core.
TEST_F(CrossHandlerTest, PutsTheMatchesOfSomeTasksInAMessage) {
  constexpr size_t kQueries = 4 * kCrossBlockTasks * kTopKTaskQueries;
  std::vector<std::string> choices = Words(30'000, 2);
  for (size_t i = 0; i < choices.size(); ++i) choices[i] += absl::StrCat(i);  // all different
  v1::TopKRequest request;
  *request.mutable_queries() = ColumnOf(Words(kQueries, 1));
  *request.mutable_column() = ColumnOf(choices);
  request.mutable_options()->mutable_scorer()->set_name("jaro_winkler.similarity");
  grpc::ClientContext context;
  const auto reader = stub_->TopK(&context, request);
  std::vector<uint64_t> ends;
  for (v1::TopKResponse message; reader->Read(&message);) {
    ends.push_back(message.block().query_end());
  }
  ASSERT_TRUE(reader->Finish().ok());
  EXPECT_THAT(ends, ::testing::ElementsAre(kQueries / 4, kQueries / 2, 3 * kQueries / 4, kQueries));
}

TEST_F(CrossHandlerTest, TakesTheDigestInPlaceOfTheChoices) {
  const auto words = Words(1000, 3);
  v1::JoinRequest request = JoinOf({"abc"}, words, 1);
  std::vector<v1::JoinResponse> inline_messages;
  ASSERT_TRUE(Join(request, &inline_messages).ok());
  const std::string digest = inline_messages[0].block().choices_digest();
  EXPECT_EQ(digest.size(), 32u);
  request.set_digest(digest);
  std::vector<v1::JoinResponse> messages;
  ASSERT_TRUE(Join(request, &messages).ok());
  EXPECT_EQ(Matches(messages), Matches(inline_messages));
  EXPECT_EQ(messages[0].block().choices_digest(), digest);
  // Processed differently they are other texts.
  request.mutable_options()->mutable_scorer()->set_preprocessing(v1::PREPROCESSING_DEFAULT_PROCESS);
  EXPECT_THAT(Join(request), IsError(grpc::StatusCode::FAILED_PRECONDITION, "CHOICES_UNKNOWN"));
  request.mutable_options()->mutable_scorer()->clear_preprocessing();
  choices_.GiveBack(UINT64_MAX);
  EXPECT_THAT(Join(request), IsError(grpc::StatusCode::FAILED_PRECONDITION, "CHOICES_UNKNOWN"));
}

TEST_F(CrossHandlerTest, SharesChoicesThatSeveralCallsBringAtOnce) {
  const auto words = Words(20'000, 4);
  const v1::JoinRequest request = JoinOf(Words(20, 5), words, 0);
  std::vector<v1::JoinResponse> expected;
  ASSERT_TRUE(Join(request, &expected).ok());
  const uint64_t once = choices_.bytes();
  choices_.GiveBack(UINT64_MAX);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      std::vector<v1::JoinResponse> messages;
      EXPECT_TRUE(Join(request, &messages).ok());
      EXPECT_EQ(Matches(messages), Matches(expected));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(choices_.bytes(), once);
  UntilCallsAreGone();
}

TEST_F(CrossHandlerTest, DoesNotTellADigestOfWhatItDoesNotKeep) {
  const v1::JoinRequest request = JoinOf({"a"}, std::vector<std::string>(500'000, "b"), 0);
  std::vector<v1::JoinResponse> messages;
  ASSERT_TRUE(Join(request, &messages).ok());
  EXPECT_EQ(messages[0].block().choices_digest(), "");
  EXPECT_EQ(choices_.bytes(), 0u);
}

TEST_F(CrossHandlerTest, GivesUpChoicesForACallThatNeedsTheMemory) {
  ASSERT_TRUE(Join(JoinOf({"a"}, Words(100'000, 7), 0)).ok());
  EXPECT_GT(choices_.bytes(), 0u);
  UntilCallsAreGone();
  MemoryBudget::Reservation other(&memory_);
  EXPECT_TRUE(other.Grow(kBudget).ok());
  EXPECT_EQ(choices_.bytes(), 0u);
}

TEST_F(CrossHandlerTest, RefusesTextsThatWouldTakeMoreThanThereIs) {
  // A million rows of the same 10,000 bytes.
  v1::JoinRequest request = JoinOf({"a"}, {std::string(10'000, 'x')}, 0);
  v1::Column& column = *request.mutable_column();
  v1::Column dictionary;
  dictionary.Swap(&column);
  column.mutable_dictionary()->Swap(&dictionary);
  column.set_type(v1::DATA_TYPE_UINT8);
  column.set_length(1'000'000);
  column.set_values(std::string(1'000'000, '\0'));
  EXPECT_THAT(Join(request), IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_CEILING"));
}

// Of the first queries none has a match, so that blocks are large when the others come.
TEST_F(CrossHandlerTest, RefusesAJoinWhoseMatchesWouldTakeMoreThanThereIs) {
  std::vector<std::string> queries(600, "zzzzzzzzzz");
  queries.resize(900, "abc");
  const v1::JoinRequest request = JoinOf(queries, std::vector<std::string>(100'000, "abc"), 0);
  EXPECT_THAT(Join(request), IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_CEILING"));
}

TEST_F(CrossHandlerTest, CountsMatchesOverAllBlocks) {
  const std::vector<std::string> same(300, "abc");
  v1::JoinRequest request = JoinOf(same, same, 0);
  request.mutable_options()->mutable_format()->set_block_bytes_max(1);
  request.set_matches_max(90'000);
  EXPECT_TRUE(Join(request).ok());
  request.set_matches_max(89'999);
  const grpc::Status status = Join(request);
  EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE"));
  EXPECT_EQ(InfoOf(status, "bound"), "at most 89999 matches");
}

TEST_F(CrossHandlerTest, FreesWhatAStreamHeldThatNobodyReadsOn) {
  const auto words = Words(3000, 8);
  v1::CdistRequest request;
  *request.mutable_queries() = ColumnOf(words);
  *request.mutable_column() = ColumnOf(words);
  uint64_t kept;
  {
    grpc::ClientContext context;
    const auto reader = stub_->Cdist(&context, request);
    v1::CdistResponse message;
    ASSERT_TRUE(reader->Read(&message));
    EXPECT_LE(message.scores().values().size(), kStreamBlockBytes);
    kept = choices_.bytes();
    // 36 MB of which a few are on the way: the workers are free for others meanwhile.
    EXPECT_TRUE(Join(JoinOf(words, {"abc"}, 0)).ok());
    EXPECT_GT(memory_.reserved(), choices_.bytes());
    context.TryCancel();
    while (reader->Read(&message)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // The destructor finds nothing reserved.
  EXPECT_GT(kept, 0u);
}

TEST_F(CrossHandlerTest, RefusesADeadlineThatTheWorkIsFarBeyond) {
  const auto words = Words(2000, 9);
  v1::CdistRequest request;
  request.mutable_options()->mutable_scorer()->set_name("fuzz.WRatio");
  std::vector<std::string> longer;
  for (const std::string& word : words) longer.push_back(word + std::string(500, 'x') + " y z");
  *request.mutable_queries() = ColumnOf(longer);
  *request.mutable_column() = ColumnOf(longer);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
  const auto reader = stub_->Cdist(&context, request);
  v1::CdistResponse message;
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_THAT(reader->Finish(),
              IsError(grpc::StatusCode::DEADLINE_EXCEEDED, "DEADLINE_UNREACHABLE"));
}

}  // namespace
}  // namespace kernelserve::server

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
#include "server/error_details_matchers.h"
#include "server/limits.h"
#include "server/scheduler/worker_pool.h"
#include "server/shared_memory/memfd.h"
#include "server/string_distance_service.h"

namespace kernelserve::server {
namespace {

using Match = std::tuple<uint64_t, uint64_t, int>;

v1::Column ColumnOf(const std::vector<std::string>& texts) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_UTF8);
  column.set_length(texts.size());
  int32_t end = 0;
  std::string& offsets = *column.mutable_offsets();
  offsets.append(reinterpret_cast<const char*>(&end), sizeof end);
  for (const std::string& text : texts) {
    column.mutable_values()->append(text);
    end += static_cast<int32_t>(text.size());
    offsets.append(reinterpret_cast<const char*>(&end), sizeof end);
  }
  return column;
}

template <typename T>
std::vector<T> Numbers(const v1::Column& column) {
  std::vector<T> numbers(column.length());
  EXPECT_EQ(column.values().size(), numbers.size() * sizeof(T));
  std::memcpy(numbers.data(), column.values().data(), column.values().size());
  return numbers;
}

// Words of a few letters, many alike, from a fixed seed.
std::vector<std::string> Words(size_t count, uint32_t seed) {
  std::vector<std::string> words;
  uint32_t state = seed;
  const auto below = [&state](uint32_t bound) {
    state = state * 1664525 + 1013904223;
    return (state >> 16) % bound;
  };
  for (size_t i = 0; i < count; ++i) {
    std::string word;
    for (uint32_t size = below(9); size > 0; --size) word += static_cast<char>('a' + below(3));
    words.push_back(word);
  }
  return words;
}

// Levenshtein's, by the definition.
int Distance(const std::string& a, const std::string& b) {
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = std::exchange(row[0], static_cast<int>(i));
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

class CrossHandlerTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kBudget = 256 << 20;
  static constexpr uint64_t kCache = 16 << 20;

  CrossHandlerTest() {
    memory_.set_reclaim([this](uint64_t bytes) { choices_.GiveBack(bytes); });
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = builder.BuildAndStart();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetMaxReceiveMessageSize(-1);
    stub_ = v1::StringDistanceService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials(), arguments));
  }
  ~CrossHandlerTest() override {
    stub_.reset();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
    choices_.GiveBack(UINT64_MAX);
    EXPECT_EQ(memory_.reserved(), 0u);
  }

  // All messages of a stream.
  grpc::Status Join(const v1::JoinRequest& request, std::vector<v1::JoinResponse>* messages) {
    grpc::ClientContext context;
    const auto reader = stub_->Join(&context, request);
    for (v1::JoinResponse message; reader->Read(&message);) messages->push_back(message);
    return reader->Finish();
  }
  grpc::Status Join(const v1::JoinRequest& request) {
    std::vector<v1::JoinResponse> messages;
    return Join(request, &messages);
  }

  grpc::Status Cdist(const v1::CdistRequest& request, std::vector<v1::CdistResponse>* messages) {
    grpc::ClientContext context;
    const auto reader = stub_->Cdist(&context, request);
    for (v1::CdistResponse message; reader->Read(&message);) messages->push_back(message);
    return reader->Finish();
  }

  // A client has its answer a moment before the server is done with the call. What is reserved then
  // is what the cache holds.
  void UntilCallsAreGone() {
    while (memory_.reserved() != choices_.bytes()) std::this_thread::yield();
  }

  MemoryBudget memory_{kBudget};
  BufferPool buffers_{1 << 20};
  ChoicesCache choices_{kCache};
  WorkerPool pool_{2, kJobsMax};
  const CallEnvironment calls_{
      .pool = &pool_, .memory = &memory_, .request_bytes_max = kRequestBytesMax, .instance_id = ""};
  RegionTable regions_{&memory_};
  const BatchEnvironment batches_{.buffers = &buffers_,
                                  .shared_memory = {.regions = &regions_,
                                                    .buffers = &buffers_,
                                                    .memory = &memory_,
                                                    .request_bytes_max = kRequestBytesMax},
                                  .rows_max = kRowsMax,
                                  .result_bytes_max = kResultBytesMax,
                                  .kernel_limits = {}};
  const CrossEnvironment crosses_{
      .batches = &batches_, .memory = &memory_, .choices = &choices_, .workers = 2};
  StringDistanceService service_{calls_, batches_, crosses_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::StringDistanceService::Stub> stub_;
};

v1::JoinRequest JoinOf(const std::vector<std::string>& queries,
                       const std::vector<std::string>& choices, double cutoff) {
  v1::JoinRequest request;
  request.mutable_options()->mutable_scorer()->set_score_cutoff(cutoff);
  *request.mutable_queries() = ColumnOf(queries);
  *request.mutable_column() = ColumnOf(choices);
  return request;
}

std::vector<Match> Matches(const std::vector<v1::JoinResponse>& messages) {
  std::vector<Match> matches;
  for (const v1::JoinResponse& message : messages) {
    const auto queries = Numbers<uint64_t>(message.query_indices());
    const auto choices = Numbers<uint64_t>(message.choice_indices());
    const auto scores = Numbers<int32_t>(message.scores());
    for (size_t i = 0; i < queries.size(); ++i) {
      matches.emplace_back(queries[i], choices[i], scores[i]);
    }
  }
  return matches;
}

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
  const std::string token = *regions_.Add(Duplicate(memory));
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
  const std::string token = *regions_.Add(Duplicate(memory));
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
  const v1::JoinRequest request = JoinOf({"a"}, Words(500'000, 6), 0);
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

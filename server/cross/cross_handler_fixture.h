#ifndef KERNELSERVE_SERVER_CROSS_CROSS_HANDLER_FIXTURE_H_
#define KERNELSERVE_SERVER_CROSS_CROSS_HANDLER_FIXTURE_H_

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "kernelserve/v1/string_distance.grpc.pb.h"
#include "server/cross/cross_handler.h"
#include "server/scheduler/held_refusals.h"
#include "server/scheduler/worker_pool.h"
#include "server/string_distance_service.h"

// For tests of Cdist, TopK and Join: the service over a real socket, and columns of words.
namespace kernelserve::server {

using Match = std::tuple<uint64_t, uint64_t, int>;

inline v1::Column ColumnOf(const std::vector<std::string>& texts) {
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
inline std::vector<std::string> Words(size_t count, uint32_t seed) {
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
inline int Distance(const std::string& a, const std::string& b) {
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
  static constexpr uint64_t kBudget = 128 << 20;
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
  HeldRefusals refusals_;
  WorkerPool pool_{2, kJobsMax};
  const CallEnvironment calls_{.pool = &pool_,
                               .memory = &memory_,
                               .refusals = &refusals_,
                               .request_bytes_max = kRequestBytesMax,
                               .instance_id = ""};
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

inline v1::JoinRequest JoinOf(const std::vector<std::string>& queries,
                              const std::vector<std::string>& choices, double cutoff) {
  v1::JoinRequest request;
  request.mutable_options()->mutable_scorer()->set_score_cutoff(cutoff);
  *request.mutable_queries() = ColumnOf(queries);
  *request.mutable_column() = ColumnOf(choices);
  return request;
}

inline std::vector<Match> Matches(const std::vector<v1::JoinResponse>& messages) {
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

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CROSS_CROSS_HANDLER_FIXTURE_H_

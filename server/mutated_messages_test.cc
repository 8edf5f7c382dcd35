// Requests with some bytes changed, a million of them: each is taken or refused, and a refusal has
// a status of ours. What AddressSanitizer and UndefinedBehaviorSanitizer say of it is what counts.

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/logging.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "kernelserve/v1/fibonacci.pb.h"
#include "kernelserve/v1/kernel.pb.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/cross/cross_handler_fixture.h"
#include "server/limits.h"
#include "server/message.h"
#include "server/method.h"
#include "server/pair_handlers.h"
#include "server/pairwise_handler.h"
#include "server/run_handler.h"
#include "server/server.h"

namespace kernelserve::server {
namespace {

constexpr int kInProcess = 1'000'000;
constexpr int kOverTheWire = 20'000;

// ---- Messages ----

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  // A message, changed in some places; some of it may be of `other`.
  std::string Mutated(std::string message, const std::string& other) {
    do {
      Change(&message, other);
    } while (Below(3) > 0);
    return message;
  }

  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

 private:
  void Change(std::string* message, const std::string& other) {
    const size_t at = Below(message->size());
    switch (Below(8)) {
      case 0:  // a bit
        if (!message->empty()) (*message)[at] = static_cast<char>((*message)[at] ^ 1 << Below(8));
        break;
      case 1:  // a byte, of those at which something ends
        if (!message->empty()) (*message)[at] = "\x00\x01\x7f\x80\xff"[Below(5)];
        break;
      case 2:  // a number as offsets have it
        Overwrite(message, at, std::array<int32_t, 4>{-1, INT32_MAX, INT32_MIN, 1 << 20}[Below(4)]);
        break;
      case 3:  // a long varint, in place of some byte
        message->replace(at, 1, std::string(Below(10), '\xff') + static_cast<char>(Below(128)));
        break;
      case 4:
        message->erase(at, Below(16));
        break;
      case 5:
        message->resize(at);
        break;
      case 6:  // some of itself
        message->insert(at, message->substr(Below(message->size()), Below(64)));
        break;
      default:
        message->insert(at, other.substr(Below(other.size()), Below(64)));
    }
  }

  static void Overwrite(std::string* message, size_t at, int32_t number) {
    if (message->size() >= at + sizeof number) {
      std::memcpy(message->data() + at, &number, sizeof number);
    }
  }

  std::mt19937_64 random_;
};

v1::Column Views(const std::vector<std::string>& texts) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_UTF8_VIEW);
  column.set_length(texts.size());
  std::string& buffer = *column.add_view_buffers();
  for (const std::string& text : texts) {
    std::array<char, 16> view{};
    const auto size = static_cast<int32_t>(text.size());
    std::memcpy(view.data(), &size, sizeof size);
    if (size <= 12) {
      std::memcpy(view.data() + 4, text.data(), text.size());
    } else {
      const auto offset = static_cast<int32_t>(buffer.size());
      std::memcpy(view.data() + 12, &offset, sizeof offset);
      buffer += text;
    }
    column.mutable_values()->append(view.data(), view.size());
  }
  return column;
}

v1::Column Dictionary(const std::vector<std::string>& texts) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_UINT8);
  column.set_length(texts.size());
  column.set_bit_offset(3);
  column.set_validity("\xff\xff\xff\x7f");
  for (size_t i = 0; i < texts.size(); ++i) {
    column.mutable_values()->push_back(static_cast<char>(texts.size() - 1 - i));
  }
  *column.mutable_dictionary() = ColumnOf(texts);
  return column;
}

v1::Column Symbols(const std::vector<std::string>& texts) {
  v1::Column column = ColumnOf(texts);
  column.set_type(v1::DATA_TYPE_SYMBOLS);
  std::string units;
  for (const char unit : column.values()) units += {unit, '\0', '\0', '\0'};
  column.set_values(units);
  return column;
}

v1::Column Literal(const std::string& text) {
  v1::Column column = ColumnOf({text});
  column.set_repeat(true);
  return column;
}

v1::Column InRegions(const std::vector<std::string>& texts) {
  v1::Column column = ColumnOf(texts);
  for (v1::RegionSpan* span : {column.mutable_offsets_span(), column.mutable_values_span()}) {
    span->set_region("0123456789abcdef");
    span->set_offset(64);
    span->set_length(column.values().size());
  }
  return column;
}

v1::Column Integers(const std::vector<int64_t>& numbers) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_INT64);
  column.set_length(numbers.size());
  column.set_values(numbers.data(), numbers.size() * sizeof(int64_t));
  return column;
}

const std::vector<std::string> kTexts = {"kitten",
                                         "",
                                         "a text of more than twelve bytes",
                                         "Stra\xc3\x9f"
                                         "e",
                                         "\xe6\x9d\xb1\xe4\xba\xac",
                                         "sitting"};

std::vector<v1::Column> Columns() {
  return {ColumnOf(kTexts), Views(kTexts),     Dictionary(kTexts),
          Symbols(kTexts),  Literal("kitten"), InRegions(kTexts)};
}

std::vector<v1::Scorer> Scorers() {
  std::vector<v1::Scorer> scorers;
  for (const char* name : {"levenshtein.distance", "jaro_winkler.similarity", "fuzz.WRatio",
                           "fuzz.partial_ratio", "damerau_levenshtein.normalized_similarity"}) {
    scorers.emplace_back().set_name(name);
  }
  v1::Parameter* weights = scorers[0].add_parameters();
  weights->set_name("weights");
  *weights->mutable_column() = Integers({1, 2, 3});
  v1::Parameter* weight = scorers[1].add_parameters();
  weight->set_name("prefix_weight");
  weight->set_real(0.2);
  scorers[2].set_preprocessing(v1::PREPROCESSING_DEFAULT_PROCESS);
  scorers[3].set_score_cutoff(50);
  return scorers;
}

std::vector<v1::Scorer> ScorersThatAlign() {
  std::vector<v1::Scorer> scorers;
  for (const char* name :
       {"needleman_wunsch.score", "smith_waterman.score", "fuzz.partial_ratio"}) {
    scorers.emplace_back().set_name(name);
  }
  return scorers;
}

template <typename Request>
std::vector<std::string> Pairs(const std::vector<v1::Scorer>& scorers = Scorers()) {
  std::vector<std::string> messages;
  for (const v1::Scorer& scorer : scorers) {
    Request request;
    *request.mutable_scorer() = scorer;
    request.mutable_left()->set_utf8(kTexts[2]);
    for (const uint32_t unit : {115u, 105u, 0x10ffffu, 0xffffffffu}) {
      request.mutable_right()->mutable_symbols()->add_units(unit);
    }
    messages.push_back(request.SerializeAsString());
    request.mutable_right()->set_binary("\xff\x00 x");
    messages.push_back(request.SerializeAsString());
  }
  return messages;
}

std::vector<std::string> Pairwises() {
  std::vector<std::string> messages;
  for (const v1::Scorer& scorer : Scorers()) {
    for (const v1::Column& left : Columns()) {
      v1::PairwiseRequest request;
      *request.mutable_scorer() = scorer;
      request.mutable_format()->set_narrow(true);
      *request.mutable_left() = left;
      *request.mutable_right() = Views(kTexts);
      messages.push_back(request.SerializeAsString());
    }
  }
  return messages;
}

std::vector<std::string> Runs() {
  std::vector<std::string> messages;
  for (const char* kernel : {"soundex", "metaphone", "default_process", "levenshtein.distance"}) {
    for (const v1::Column& column : Columns()) {
      v1::RunRequest request;
      request.set_kernel(kernel);
      *request.add_columns() = column;
      messages.push_back(request.SerializeAsString());
    }
  }
  v1::RunRequest request;
  request.set_kernel("fibonacci");
  request.set_row_errors(v1::ROW_ERROR_POLICY_NULL);
  *request.add_columns() = Integers({0, 42, 93, -1});
  messages.push_back(request.SerializeAsString());
  return messages;
}

template <typename Request>
std::vector<std::string> Crosses(const std::function<void(Request*)>& finish) {
  std::vector<std::string> messages;
  for (const v1::Scorer& scorer : Scorers()) {
    for (const v1::Column& choices : Columns()) {
      Request request;
      *request.mutable_options()->mutable_scorer() = scorer;
      *request.mutable_queries() = ColumnOf(kTexts);
      *request.mutable_column() = choices;
      finish(&request);
      messages.push_back(request.SerializeAsString());
    }
  }
  return messages;
}

std::vector<std::string> Cdists() {
  return Crosses<v1::CdistRequest>([](v1::CdistRequest* request) {
    request->mutable_options()->mutable_format()->set_type(v1::DATA_TYPE_FLOAT32);
    request->mutable_options()->set_query_end(5);
  });
}

std::vector<std::string> TopKs() {
  return Crosses<v1::TopKRequest>([](v1::TopKRequest* request) { request->set_k(2); });
}

std::vector<std::string> Joins() {
  return Crosses<v1::JoinRequest>([](v1::JoinRequest* request) {
    request->mutable_options()->mutable_scorer()->set_score_cutoff(3);
    request->set_matches_max(4);
  });
}

std::vector<std::string> Numbers() {
  v1::ComputeRequest request;
  request.set_n(1000);
  request.set_modulus(1'000'000'007);
  return {request.SerializeAsString()};
}

std::vector<std::string> Terms() {
  v1::StreamTermsRequest request;
  request.set_first(7);
  request.set_count(100);
  request.set_modulus(97);
  return {request.SerializeAsString()};
}

// ---- In process ----

class MutatedMessagesTest : public CrossHandlerTest {
 protected:
  const google::protobuf::LogSilencer no_line_for_each_refusal_;

  // What is decoded is also run, where that takes no time.
  absl::Status Serve(UnaryHandler& handler, const std::string& message) {
    if (absl::Status status = handler.Decode(AsByteBuffer(message)); !status.ok()) return status;
    if (handler.cost_ns() > static_cast<double>(kInlineCostNs)) return absl::OkStatus();
    if (handler.memory_bytes() > kBudget) return absl::OkStatus();
    return RunBlock(handler);
  }

  absl::Status Serve(StreamHandler& handler, const std::string& message) {
    if (absl::Status status = handler.Decode(AsByteBuffer(message)); !status.ok()) return status;
    for (int times = 0;; ++times) {
      const absl::StatusOr<bool> prepared = handler.Prepare({}, [] {});
      if (!prepared.ok()) return prepared.status();
      if (*prepared) break;
      const std::unique_ptr<Block> preparation = handler.TakePreparation();
      if (preparation == nullptr || times == 2) return absl::InternalError("waits for nobody");
      if (absl::Status status = preparation->Run(0, preparation->rows(), {}); !status.ok()) {
        return status;
      }
    }
    if (handler.cost_ns() > static_cast<double>(kTaskCostNs)) return absl::OkStatus();
    while (true) {
      const absl::StatusOr<std::unique_ptr<Block>> block = handler.NextBlock();
      if (!block.ok()) return block.status();
      if (*block == nullptr) return absl::OkStatus();
      if (absl::Status status = RunBlock(**block); !status.ok()) return status;
    }
  }

  static absl::Status RunBlock(Block& block) {
    if (absl::Status status = block.Prepare({}); !status.ok()) return status;
    if (block.rows() > 0) {
      if (absl::Status status = block.Run(0, block.rows(), {}); !status.ok()) return status;
    }
    do {
      if (const auto reply = block.Encode(); !reply.ok()) return reply.status();
    } while (block.more());
    return absl::OkStatus();
  }

  // Serves an eighth of all, and expects some to be taken and most refusals to say why.
  template <typename Make>
  void ServeMutated(const std::vector<std::string>& messages, Make make) {
    for (const std::string& message : messages) {
      const absl::Status status = Serve(*make(), message);
      EXPECT_TRUE(status.ok() || IsRefusal(status)) << status;
    }
    Mutator mutator(messages.size());
    int taken = 0;
    int refused = 0;
    for (int i = 0; i < kInProcess / 8; ++i) {
      const std::string message = mutator.Mutated(messages[mutator.Below(messages.size())],
                                                  messages[mutator.Below(messages.size())]);
      const absl::Status status = Serve(*make(), message);
      ASSERT_TRUE(status.ok() || IsRefusal(status)) << status;
      ++(status.ok() ? taken : refused);
    }
    EXPECT_GT(taken, kInProcess / 1000);
    EXPECT_GT(refused, kInProcess / 1000);
  }

  // Whether it has a code that tells a client what to change, and a reason.
  static bool IsRefusal(const absl::Status& status) {
    switch (status.code()) {
      case absl::StatusCode::kInvalidArgument:
      case absl::StatusCode::kOutOfRange:
      case absl::StatusCode::kNotFound:
      case absl::StatusCode::kFailedPrecondition:
      case absl::StatusCode::kResourceExhausted:
      case absl::StatusCode::kUnimplemented:
        return !ErrorReason(status).empty();
      default:
        return false;
    }
  }
};

TEST_F(MutatedMessagesTest, OfCompare) {
  ServeMutated(Pairs<v1::CompareRequest>(), MakeCompareHandler);
}
TEST_F(MutatedMessagesTest, OfEditScript) {
  ServeMutated(Pairs<v1::EditScriptRequest>(), MakeEditScriptHandler);
}
TEST_F(MutatedMessagesTest, OfAlign) {
  ServeMutated(Pairs<v1::AlignRequest>(ScorersThatAlign()), MakeAlignHandler);
}
TEST_F(MutatedMessagesTest, OfPairwise) {
  ServeMutated(Pairwises(), [this] { return MakePairwiseHandler(batches_); });
}
TEST_F(MutatedMessagesTest, OfRun) {
  ServeMutated(Runs(), [this] { return MakeRunHandler(batches_); });
}
TEST_F(MutatedMessagesTest, OfCdist) {
  ServeMutated(Cdists(),
               [this] { return std::make_unique<CrossHandler>(CrossMethod::kCdist, crosses_); });
}
TEST_F(MutatedMessagesTest, OfTopK) {
  ServeMutated(TopKs(),
               [this] { return std::make_unique<CrossHandler>(CrossMethod::kTopK, crosses_); });
}
TEST_F(MutatedMessagesTest, OfJoin) {
  ServeMutated(Joins(),
               [this] { return std::make_unique<CrossHandler>(CrossMethod::kJoin, crosses_); });
}

// ---- Over the wire ----

// Sends messages, a number at a time, and counts the codes of their answers.
class Sender {
 public:
  explicit Sender(const std::string& address)
      : stub_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {}

  void Send(Method method, const std::string& message) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return under_way_ < kUnderWayMax; });
      ++under_way_;
    }
    auto* const call = new Call{.sender = this};
    call->request = AsByteBuffer(message);
    // A number may ask for work without end.
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
    stub_.UnaryCall(&call->context, absl::StrCat("/", MethodName(method)), {}, &call->request,
                    &call->response, [call](const grpc::Status& status) {
                      const std::unique_ptr<Call> owned(call);
                      call->sender->Ended(status);
                    });
  }

  // By code, when all have ended.
  std::array<int, 17> Codes() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return under_way_ == 0; });
    return codes_;
  }

 private:
  static constexpr int kUnderWayMax = 64;

  struct Call {
    Sender* sender;
    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
  };

  void Ended(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    ++codes_[static_cast<size_t>(status.error_code())];
    --under_way_;
    changed_.notify_all();
  }

  grpc::GenericStub stub_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int under_way_ = 0;
  std::array<int, 17> codes_{};
};

TEST(MutatedMessagesWireTest, EachHasAStatusAndTheServerStaysAlive) {
  const google::protobuf::LogSilencer no_line_for_each_refusal;
  Options options;
  options.listen = {{.path = "", .host = "127.0.0.1", .port = 0}};
  options.workers = 2;
  options.lame_duck_ms = 0;
  auto server = Server::Start(options);
  ASSERT_TRUE(server.ok()) << server.status();

  const std::vector<std::pair<Method, std::vector<std::string>>> methods = {
      {Method::kCompare, Pairs<v1::CompareRequest>()},
      {Method::kEditScript, Pairs<v1::EditScriptRequest>()},
      {Method::kAlign, Pairs<v1::AlignRequest>(ScorersThatAlign())},
      {Method::kPairwise, Pairwises()},
      {Method::kCdist, Cdists()},
      {Method::kTopK, TopKs()},
      {Method::kJoin, Joins()},
      {Method::kRun, Runs()},
      {Method::kCompute, Numbers()},
      {Method::kStreamTerms, Terms()},
  };
  Sender sender((*server)->addresses()[0]);
  Mutator mutator(1);
  for (int i = 0; i < kOverTheWire; ++i) {
    const auto& [method, messages] = methods[i % methods.size()];
    const auto& others = methods[mutator.Below(methods.size())].second;
    sender.Send(method, mutator.Mutated(messages[mutator.Below(messages.size())],
                                        others[mutator.Below(others.size())]));
  }
  const std::array<int, 17> codes = sender.Codes();
  EXPECT_GT(codes[grpc::StatusCode::OK], kOverTheWire / 100);
  EXPECT_GT(codes[grpc::StatusCode::INVALID_ARGUMENT], kOverTheWire / 100);
  EXPECT_EQ(codes[grpc::StatusCode::UNKNOWN], 0);
  EXPECT_EQ(codes[grpc::StatusCode::UNAVAILABLE], 0);
  EXPECT_EQ(codes[grpc::StatusCode::DATA_LOSS], 0);
  EXPECT_EQ(codes[grpc::StatusCode::CANCELLED], 0);
  // The server still answers, and right.
  Sender again((*server)->addresses()[0]);
  for (const std::string& message : Pairs<v1::CompareRequest>()) {
    again.Send(Method::kCompare, message);
  }
  EXPECT_GT(again.Codes()[grpc::StatusCode::OK], 0);
}

}  // namespace
}  // namespace kernelserve::server

#include "server/mutated_messages.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/logging.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "server/cross/cross_handler_fixture.h"
#include "server/limits.h"
#include "server/message.h"
#include "server/method.h"
#include "server/pair_handlers.h"
#include "server/pairwise_handler.h"
#include "server/pairwise_records_handler.h"
#include "server/run_handler.h"
#include "server/server.h"

namespace kernelserve::server {
namespace {

// Each message is taken or refused, and a refusal has a status of ours. What AddressSanitizer and
// UndefinedBehaviorSanitizer say of it is what counts.
constexpr int kInProcess = 1'000'000;
constexpr int kOverTheWire = 20'000;

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

  // Serves an eighth of all, and expects some to be taken and every refusal to say why.
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
TEST_F(MutatedMessagesTest, OfPairwiseRecords) {
  ServeMutated(Records(), [this] { return MakePairwiseRecordsHandler(batches_); });
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
                      Sender* const sender = call->sender;
                      // First, since it may hold the channel's last reference once Codes() has
                      // returned, and on this thread gRPC would wait for this very thread's end.
                      delete call;
                      sender->Ended(status);
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
      {Method::kPairwiseRecords, Records()},
      {Method::kCdist, Cdists()},
      {Method::kTopK, TopKs()},
      {Method::kJoin, Joins()},
      {Method::kRun, Runs()},
      {Method::kCompute, Computes()},
      {Method::kStreamTerms, StreamTerms()},
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
  EXPECT_EQ(codes[grpc::StatusCode::INTERNAL], 0);
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

#include "server/server.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "kernels/catalog.h"
#include "kernelserve/v1/fibonacci.grpc.pb.h"
#include "kernelserve/v1/server_info.grpc.pb.h"
#include "server/error_details_matchers.h"
#include "server/healthcheck.h"
#include "server/limits.h"
#include "server/version.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Options TestOptions() {
  Options options;
  options.listen = {{.path = "", .host = "127.0.0.1", .port = 0}};
  options.workers = 2;
  options.request_bytes_max = kRequestBytesMaxLeast;
  options.lame_duck_ms = 0;
  options.drain_timeout_ms = 60'000;
  return options;
}

std::unique_ptr<Server> StartOrDie(const Options& options) {
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// Calls a method with any bytes.
grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& bytes, std::string* reply = nullptr,
                     grpc::ClientContext* context = nullptr) {
  grpc::ClientContext own;
  grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  grpc::GenericStub(channel).UnaryCall(
      context == nullptr ? &own : context, method, {}, &request, &response,
      [&done](grpc::Status status) { done.set_value(std::move(status)); });
  grpc::Status status = done.get_future().get();
  grpc::Slice bytes_back;
  if (reply != nullptr && response.DumpToSingleSlice(&bytes_back).ok()) {
    reply->assign(reinterpret_cast<const char*>(bytes_back.begin()), bytes_back.size());
  }
  return status;
}

constexpr char kCompute[] = "/kernelserve.v1.FibonacciService/Compute";
constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";

class ServerTest : public ::testing::Test {
 protected:
  explicit ServerTest(const Options& options = TestOptions()) : server_(StartOrDie(options)) {
    channel_ = ChannelTo(server_->addresses()[0]);
    fibonacci_ = v1::FibonacciService::NewStub(channel_);
  }

  grpc::Status Compute(const v1::ComputeRequest& request, v1::ComputeResponse* response) {
    grpc::ClientContext context;
    return fibonacci_->Compute(&context, request, response);
  }
  bool IsAlive() {
    v1::ComputeRequest request;
    request.set_n(42);
    v1::ComputeResponse response;
    return Compute(request, &response).ok() && response.small() == 267914296;
  }

  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::FibonacciService::Stub> fibonacci_;
};

TEST_F(ServerTest, Answers) { EXPECT_TRUE(IsAlive()); }

TEST_F(ServerTest, DescribesItself) {
  grpc::ClientContext context;
  v1::GetServerInfoResponse info;
  ASSERT_TRUE(v1::ServerInfoService::NewStub(channel_)->GetServerInfo(&context, {}, &info).ok());
  EXPECT_EQ(info.version(), kVersion);
  EXPECT_EQ(info.workers(), 2u);
  EXPECT_EQ(info.catalog_digest(), CatalogDigest());
  EXPECT_NE(info.simd_target(), "");
  EXPECT_NE(info.instance_id(), "");
  EXPECT_EQ(info.limits().request_bytes_max(), kRequestBytesMaxLeast);
  EXPECT_EQ(info.limits().request_bytes_preferred(), kRequestBytesMaxLeast);
  EXPECT_EQ(info.limits().rows_max(), kRowsMax);
  EXPECT_EQ(info.limits().fibonacci_n_max(), kFibonacciNMax);
  EXPECT_EQ(info.limits().streams_max(), static_cast<uint32_t>(kStreamsMax));
}

// ---- Bad input ----

TEST_F(ServerTest, RefusesBytesThatAreNoMessage) {
  const grpc::Status status = CallRaw(channel_, kCompute, "\xff\xff");
  EXPECT_THAT(status, IsError(grpc::StatusCode::INVALID_ARGUMENT, "MALFORMED_MESSAGE"));
  EXPECT_THAT(status.error_message(), HasSubstr("2 bytes are not a kernelserve.v1.ComputeRequest"));
  EXPECT_TRUE(IsAlive());
}

TEST_F(ServerTest, TakesAnEmptyMessage) {
  std::string reply;
  EXPECT_TRUE(CallRaw(channel_, kCompute, "", &reply).ok());
  EXPECT_EQ(reply, std::string("\x08\x00", 2));  // small: 0, set though it is the default
}

TEST_F(ServerTest, RefusesACompressedMessage) {
  for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    // 8 MB of zeros in 8 KB.
    const std::string zeros(8'000'000, '\0');
    const grpc::Status status = CallRaw(channel_, kCompute, zeros, nullptr, &context);
    EXPECT_THAT(status, IsError(grpc::StatusCode::UNIMPLEMENTED, "COMPRESSION_NOT_SUPPORTED"));
    EXPECT_TRUE(IsAlive());
  }
}

TEST_F(ServerTest, RefusesAMessageOverTheLimit) {
  // Field 9, which the message does not have, filled up.
  const auto message = [](size_t bytes) {
    return absl::StrCat(
        "\x4a",
        std::string({char(((bytes - 5) & 0x7f) | 0x80), char((((bytes - 5) >> 7) & 0x7f) | 0x80),
                     char((((bytes - 5) >> 14) & 0x7f) | 0x80), char(((bytes - 5) >> 21) & 0x7f)}),
        std::string(bytes - 5, 'x'));
  };
  EXPECT_TRUE(CallRaw(channel_, kCompute, message(kRequestBytesMaxLeast)).ok());
  for (const size_t bytes :
       {kRequestBytesMaxLeast + 1, 2 * kRequestBytesMaxLeast, 16 * kRequestBytesMaxLeast}) {
    const grpc::Status status = CallRaw(channel_, kCompute, message(bytes));
    EXPECT_THAT(status, IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE"))
        << bytes;
    EXPECT_EQ(InfoOf(status, "value"), absl::StrCat(bytes));
    EXPECT_TRUE(IsAlive());
  }
}

// ---- Health ----

TEST_F(ServerTest, IsHealthyForEachServiceByName) {
  std::string reply;
  for (const char* name :
       {"", "kernelserve.v1.FibonacciService", "kernelserve.v1.StringDistanceService",
        "kernelserve.v1.KernelService", "kernelserve.v1.ServerInfoService"}) {
    const std::string request =
        *name == '\0' ? "" : absl::StrCat("\x0a", std::string(1, char(strlen(name))), name);
    EXPECT_TRUE(CallRaw(channel_, kHealthCheck, request, &reply).ok()) << name;
    EXPECT_EQ(reply, "\x08\x01") << name;
  }
  EXPECT_EQ(CallRaw(channel_, kHealthCheck, "\x0a\x04none").error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServerTest, AnswersTheProbe) {
  const auto address = ParseListenAddress(server_->addresses()[0]);
  ASSERT_TRUE(address.ok());
  EXPECT_TRUE(Healthcheck(*address, {}).ok()) << Healthcheck(*address, {});
  server_.reset();
  EXPECT_EQ(Healthcheck(*address, {}).code(), absl::StatusCode::kUnavailable);
}

// ---- Draining ----

// A Watch of the whole server's health: one status after another.
class Watch : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Watch(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    stub_.PrepareBidiStreamingCall(&context_, "/grpc.health.v1.Health/Watch", {}, this);
    StartWriteLast(&request_, {});
    AddHold();  // reads begin from outside
    StartCall();
  }
  ~Watch() override {
    context_.TryCancel();
    RemoveHold();
    done_.get_future().wait();
  }

  // "\x08\x01" and the like; "end" at the end.
  std::string Next() {
    read_ = {};
    response_.Clear();
    StartRead(&response_);
    return read_.get_future().get();
  }

 private:
  void OnReadDone(bool ok) override {
    grpc::Slice slice;
    if (!ok || !response_.DumpToSingleSlice(&slice).ok()) {
      read_.set_value("end");
    } else {
      read_.set_value(std::string(reinterpret_cast<const char*>(slice.begin()), slice.size()));
    }
  }
  void OnDone(const grpc::Status&) override { done_.set_value(); }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::Slice empty_;
  grpc::ByteBuffer request_{&empty_, 1};
  grpc::ByteBuffer response_;
  std::promise<std::string> read_;
  std::promise<void> done_;
};

TEST_F(ServerTest, DrainsAtOnceWhereNothingRunsButAWatch) {
  Watch watch(channel_);
  EXPECT_EQ(watch.Next(), "\x08\x01");
  server_->Drain();  // would take drain_timeout_ms if it waited for the Watch
  EXPECT_EQ(watch.Next(), "\x08\x02");
  EXPECT_EQ(watch.Next(), "end");
}

TEST_F(ServerTest, FinishesCallsInFlightBeforeItEnds) {
  grpc::ClientContext context;
  v1::StreamTermsRequest request;
  request.set_count(3'000'000);
  request.set_modulus(1'000'000'007);
  const auto reader = fibonacci_->StreamTerms(&context, request);
  v1::StreamTermsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  uint64_t terms = response.terms().length();

  std::thread drain([this] { server_->Drain(); });
  // Once health says so, draining has begun.
  while (reader->Read(&response)) terms += response.terms().length();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(terms, 3'000'000u);
  drain.join();
  v1::ComputeResponse compute_response;
  EXPECT_EQ(Compute({}, &compute_response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

class ShortDrainTest : public ServerTest {
 protected:
  ShortDrainTest() : ServerTest(WithShortDrain()) {}
  static Options WithShortDrain() {
    Options options = TestOptions();
    options.drain_timeout_ms = 50;
    return options;
  }
};

TEST_F(ShortDrainTest, CancelsWhatRunsLongerThanItMay) {
  grpc::ClientContext context;
  v1::StreamTermsRequest request;
  request.set_count(UINT64_MAX);
  request.set_modulus(2);
  const auto reader = fibonacci_->StreamTerms(&context, request);
  v1::StreamTermsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  server_->Drain();
  while (reader->Read(&response)) {
  }
  EXPECT_FALSE(reader->Finish().ok());
}

// ---- Addresses ----

class AddressesTest : public ::testing::Test {
 protected:
  AddressesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "server_test_XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~AddressesTest() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

TEST_F(AddressesTest, ListensOnSeveralAtOnce) {
  Options options = TestOptions();
  options.listen = *ParseListenAddresses(
      absl::StrCat("unix:", directory_, "/new/socket,127.0.0.1:0,127.0.0.2:0"));
  const std::unique_ptr<Server> server = StartOrDie(options);
  ASSERT_EQ(server->addresses().size(), 3u);
  EXPECT_EQ(server->addresses()[0], absl::StrCat("unix:", directory_, "/new/socket"));
  EXPECT_THAT(server->addresses()[1], StartsWith("127.0.0.1:"));
  EXPECT_THAT(server->addresses()[2], StartsWith("127.0.0.2:"));
  std::string reply;
  for (const std::string& address : server->addresses()) {
    EXPECT_TRUE(CallRaw(ChannelTo(address), kCompute, "\x08\x0a", &reply).ok()) << address;
    EXPECT_EQ(reply, "\x08\x37") << address;  // F(10) = 55
  }
  struct stat status;
  ASSERT_EQ(stat((directory_ + "/new/socket").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(AddressesTest, LeavesNoSocketBehind) {
  Options options = TestOptions();
  options.listen = *ParseListenAddresses(absl::StrCat("unix:", directory_, "/socket"));
  std::unique_ptr<Server> server = StartOrDie(options);
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/socket"));
  server->Drain();
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/socket"));
}

TEST_F(AddressesTest, NamesTheAddressThatIsTaken) {
  const std::unique_ptr<Server> first = StartOrDie(TestOptions());
  Options options = TestOptions();
  options.listen = *ParseListenAddresses("127.0.0.1:0," + first->addresses()[0]);
  const auto second = Server::Start(options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().message(),
            absl::StrCat("--listen: \"", first->addresses()[0], "\": Address already in use"));
}

TEST_F(AddressesTest, NamesTheUnixAddressThatIsTaken) {
  Options options = TestOptions();
  options.listen = *ParseListenAddresses(absl::StrCat("unix:", directory_, "/socket"));
  const std::unique_ptr<Server> first = StartOrDie(options);
  const auto second = Server::Start(options);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("has a server listening already"));
}

TEST_F(AddressesTest, NamesTheHostThatIsNotThere) {
  Options options = TestOptions();
  options.listen = *ParseListenAddresses("192.0.2.1:0");  // TEST-NET-1: nobody's
  const auto server = Server::Start(options);
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()), StartsWith("--listen: \"192.0.2.1:0\": "));
}

}  // namespace
}  // namespace kernelserve::server

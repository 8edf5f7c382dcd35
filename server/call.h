#ifndef KERNELSERVE_SERVER_CALL_H_
#define KERNELSERVE_SERVER_CALL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "server/block.h"
#include "server/limits.h"
#include "server/message.h"
#include "server/method.h"

namespace kernelserve::server {

class CallObserver;
class HeldRefusals;
class MemoryBudget;
class Tokens;
class WorkerPool;

// The one adapter between gRPC and what a method does. Every method is registered raw (bytes in,
// bytes out: `WithRawCallbackMethod_…`), and its override is one line:
//
//   grpc::ServerUnaryReactor* Pairwise(grpc::CallbackServerContext* context,
//                                      const grpc::ByteBuffer* request,
//                                      grpc::ByteBuffer* response) override {
//     return ServeUnary(environment_, Method::kPairwise, context, request, response,
//                       std::make_unique<PairwiseHandler>(limits_));
//   }
//
// The adapter does the rest for every method alike: refuses what bears no token where one is asked
// for, and what is compressed, too long or past its deadline; admits by the memory budget; runs
// cheap calls at once and others on the pool, in
// the turn of the flow that they belong to; stops them when the client goes away; maps errors, with
// the request id; answers with the timing trailer where metadata asks for it; tells the observer.

// What all calls share. Outlives them.
struct CallEnvironment {
  WorkerPool* pool;
  MemoryBudget* memory;
  HeldRefusals* refusals;
  uint64_t request_bytes_max;
  std::string instance_id;           // for the timing trailer
  CallObserver* observer = nullptr;  // who hears of every call, if anybody
  Tokens* tokens = nullptr;          // of which a call must bear one, if any
};

// One call of a unary method: reads the request, and is then the block that makes the reply.
class UnaryHandler : public Block {
 public:
  // Whether the request can be decoded on gRPC's own thread, which this takes a microsecond to
  // tell.
  virtual bool IsSmall(const grpc::ByteBuffer& request) const {
    return request.Length() <= kInlineRequestBytes;
  }

  // Reads and validates the request. `request` is gone when it returns. Copies of its bytes are
  // accounted for.
  virtual absl::Status Decode(const grpc::ByteBuffer& request) = 0;

  // What will be held beyond a copy of the request, as an upper bound: prepared tables and the
  // reply. Asked after Decode; the call is refused where there is not so much left.
  virtual uint64_t memory_bytes() const = 0;

  // What the catalog calls that which computes the rows; "" where it is not known, or none of it.
  // Asked after Decode, and stays valid.
  virtual absl::string_view kernel() const { return {}; }
};

grpc::ServerUnaryReactor* ServeUnary(const CallEnvironment& environment, Method method,
                                     grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                     std::unique_ptr<UnaryHandler> handler);

// One call of a server-streaming method: reads the request, and hands out the reply's blocks in
// order. None is begun while kStreamBlocksAhead wait for the reader; a reader that is slower than
// that holds up its own call and no thread.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;

  // As in UnaryHandler; here the bound is for what all blocks share, and for one block more than
  // are ahead, with their encoded form.
  virtual absl::Status Decode(const grpc::ByteBuffer& request) = 0;
  virtual uint64_t memory_bytes() const = 0;
  virtual absl::string_view kernel() const { return {}; }

  // Blocks that are on the way at a time. Where a block is but a task or a few, it takes more of
  // them to keep all workers busy.
  virtual size_t blocks_ahead(size_t workers) const { return kStreamBlocksAhead; }

  // Estimate for the whole stream, in nanoseconds on one core. Asked before Prepare, when it may be
  // less than it will be, and after.
  virtual double cost_ns() const = 0;

  // Makes what all blocks share, before the first NextBlock. Returns false where it has to wait for
  // what another call makes: it is asked again after `resume` was called, which it may be from any
  // thread, as long as the handler lives.
  virtual absl::StatusOr<bool> Prepare(StopToken stop, const std::function<void()>& resume) {
    return true;
  }

  // Where Prepare has returned false because there is much to make ready: what is to be run before
  // it is asked again, in tasks. It is not encoded. Null where it waits for another call.
  virtual std::unique_ptr<Block> TakePreparation() { return nullptr; }

  // The next block, of about kStreamBlockBytes encoded; null after the last. Called by one thread
  // at a time, also while earlier blocks run. Blocks are gone before the handler is.
  virtual absl::StatusOr<std::unique_ptr<Block>> NextBlock() = 0;
};

grpc::ServerWriteReactor<grpc::ByteBuffer>* ServeStream(const CallEnvironment& environment,
                                                        Method method,
                                                        grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        std::unique_ptr<StreamHandler> handler);

// A unary handler over ordinary messages, which protobuf parses and writes. It has one row.
template <typename Request, typename Response>
class MessageHandler : public UnaryHandler {
 public:
  absl::Status Decode(const grpc::ByteBuffer& request) final {
    if (absl::Status status = ParseMessage(request, &request_); !status.ok()) return status;
    return Validate(request_);
  }
  uint64_t rows() const final { return 1; }
  absl::Status Run(uint64_t, uint64_t, StopToken stop) final {
    return Compute(request_, stop, &response_);
  }
  absl::StatusOr<grpc::ByteBuffer> Encode() final { return SerializeMessage(response_); }

  double cost_ns() const override { return 0; }
  uint64_t memory_bytes() const override { return 0; }

 protected:
  // Checks the request and readies what cost_ns() and memory_bytes() say.
  virtual absl::Status Validate(const Request& request) { return absl::OkStatus(); }
  virtual absl::Status Compute(const Request& request, StopToken stop, Response* response) = 0;

 private:
  Request request_;
  Response response_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CALL_H_

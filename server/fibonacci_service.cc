#include "server/fibonacci_service.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/fibonacci/fibonacci.h"
#include "server/limits.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

// The catalog's name for it.
constexpr absl::string_view kFibonacci = "fibonacci";

absl::Status CheckModulus(uint64_t modulus) {
  return modulus == 0 ? OutOfRange("modulus", "at least 1", modulus) : absl::OkStatus();
}

class ComputeHandler : public MessageHandler<v1::ComputeRequest, v1::ComputeResponse> {
 public:
  explicit ComputeHandler(uint64_t n_max) : n_max_(n_max) {}

  double cost_ns() const override { return cost_ns_; }
  uint64_t memory_bytes() const override { return memory_bytes_; }
  absl::string_view kernel() const override { return kFibonacci; }

 private:
  absl::Status Validate(const v1::ComputeRequest& request) override {
    const uint64_t n = request.n();
    if (request.has_modulus()) {
      cost_ns_ = static_cast<double>(kFibonacciModuloCostNs);
      return CheckModulus(request.modulus());
    }
    if (n <= kFibonacciSmallMax) return absl::OkStatus();
    if (n > n_max_) {
      return OutOfRange("n", absl::StrCat("at most ", n_max_, " without a modulus"), n);
    }
    cost_ns_ = static_cast<double>(FibonacciMagnitudeCostNs(n));
    // Doubling holds three numbers and their product; then there are the magnitude and the reply.
    memory_bytes_ = 6 * FibonacciBytesMax(n);
    return absl::OkStatus();
  }

  absl::Status Compute(const v1::ComputeRequest& request, StopToken stop,
                       v1::ComputeResponse* response) override {
    if (request.has_modulus()) {
      const absl::StatusOr<uint64_t> value = FibonacciModulo(request.n(), request.modulus());
      if (!value.ok()) return value.status();
      response->set_small(*value);
    } else if (request.n() <= kFibonacciSmallMax) {
      response->set_small(FibonacciSmall(request.n()));
    } else {
      absl::StatusOr<std::string> magnitude = FibonacciMagnitude(request.n(), stop);
      if (!magnitude.ok()) return magnitude.status();
      response->set_magnitude(*std::move(magnitude));
    }
    return absl::OkStatus();
  }

  const uint64_t n_max_;
  double cost_ns_ = kFibonacciSmallCostNs;
  uint64_t memory_bytes_ = 0;
};

// Terms are made one from another, so that a block of them is made where it is opened, and has no
// rows that could be run apart.
class TermsBlock : public Block {
 public:
  explicit TermsBlock(v1::StreamTermsResponse response) : response_(std::move(response)) {}

  uint64_t rows() const override { return 0; }
  double cost_ns() const override { return 0; }
  uint64_t cells() const override { return response_.terms().length(); }
  absl::Status Run(uint64_t, uint64_t, StopToken) override { return absl::OkStatus(); }
  absl::StatusOr<grpc::ByteBuffer> Encode() override { return SerializeMessage(response_); }

 private:
  const v1::StreamTermsResponse response_;
};

class StreamTermsHandler : public StreamHandler {
 public:
  explicit StreamTermsHandler(uint64_t n_max) : n_max_(n_max) {}

  absl::string_view kernel() const override { return kFibonacci; }

  absl::Status Decode(const grpc::ByteBuffer& request) override {
    if (absl::Status status = ParseMessage(request, &request_); !status.ok()) return status;
    left_ = request_.count();
    if (request_.has_modulus()) {
      if (absl::Status status = CheckModulus(request_.modulus()); !status.ok()) return status;
    }
    if (left_ == 0) return absl::OkStatus();
    if (left_ - 1 > UINT64_MAX - request_.first()) {
      return OutOfRange("count", absl::StrCat("at most 2^64 - ", request_.first()), left_);
    }
    const uint64_t last = request_.first() + (left_ - 1);
    if (!request_.has_modulus() && last > n_max_) {
      return request_.first() > n_max_
                 ? OutOfRange("first", absl::StrCat("at most ", n_max_, " without a modulus"),
                              request_.first())
                 : OutOfRange("count",
                              absl::StrCat("at most ", n_max_ - request_.first() + 1,
                                           " from there without a modulus"),
                              left_);
    }
    last_ = last;
    return absl::OkStatus();
  }

  uint64_t memory_bytes() const override {
    const uint64_t term = request_.has_modulus() || left_ == 0 ? 0 : FibonacciBytesMax(last_);
    // Two terms are kept, doubling to the first takes three and a product; a block is at least
    // one term, and is there twice while it is encoded.
    return 6 * term + (kStreamBlocksAhead + 1) * 2 * std::max<uint64_t>(term, kStreamBlockBytes);
  }

  double cost_ns() const override {
    const double count = static_cast<double>(left_);
    if (request_.has_modulus()) {
      return kFibonacciModuloCostNs + count * kFibonacciModuloTermCostNs;
    }
    if (left_ == 0) return 0;
    return static_cast<double>(FibonacciMagnitudeCostNs(request_.first())) +
           count * static_cast<double>(FibonacciTermCostNs(last_));
  }

  absl::StatusOr<bool> Prepare(StopToken stop, const std::function<void()>&) override {
    if (left_ == 0) return true;
    if (request_.has_modulus()) {
      auto terms = FibonacciModuloTerms::Make(request_.first(), request_.modulus());
      if (!terms.ok()) return terms.status();
      modulo_terms_.emplace(*std::move(terms));
    } else {
      auto terms = FibonacciTerms::Make(request_.first(), stop);
      if (!terms.ok()) return terms.status();
      terms_.emplace(*std::move(terms));
    }
    return true;
  }

  absl::StatusOr<std::unique_ptr<Block>> NextBlock() override {
    if (left_ == 0) return nullptr;
    v1::StreamTermsResponse response;
    response.set_first(request_.first() + (request_.count() - left_));
    v1::Column& terms = *response.mutable_terms();
    if (modulo_terms_ || terms_->next() <= kFibonacciSmallMax) {
      FillSmall(&terms);
    } else {
      FillMagnitudes(&terms);
    }
    left_ -= terms.length();
    return std::make_unique<TermsBlock>(std::move(response));
  }

 private:
  void FillSmall(v1::Column* column) {
    constexpr size_t kTermsMax = kStreamBlockBytes / sizeof(uint64_t);
    std::string& values = *column->mutable_values();
    uint64_t count = std::min<uint64_t>(left_, kTermsMax);
    // Up to F(93) in one message, and whatever comes after in the next.
    if (terms_) count = std::min(count, kFibonacciSmallMax + 1 - terms_->next());
    values.resize(count * sizeof(uint64_t));
    std::array<uint64_t, 512> chunk;  // a string's characters need not be aligned
    for (size_t i = 0; i < count;) {
      const size_t n = std::min(count - i, chunk.size());
      const std::span<uint64_t> out(chunk.data(), n);
      if (modulo_terms_) {
        modulo_terms_->Next(out);
      } else {
        terms_->Next(out);
      }
      std::memcpy(values.data() + i * sizeof(uint64_t), chunk.data(), n * sizeof(uint64_t));
      i += n;
    }
    column->set_type(v1::DATA_TYPE_UINT64);
    column->set_length(count);
  }

  void FillMagnitudes(v1::Column* column) {
    std::string& values = *column->mutable_values();
    std::string& offsets = *column->mutable_offsets();
    uint64_t count = 0;
    const auto add_offset = [&] {
      const auto offset = static_cast<int32_t>(values.size());
      offsets.append(reinterpret_cast<const char*>(&offset), sizeof offset);
    };
    add_offset();
    do {
      terms_->AppendMagnitude(&values);
      add_offset();
      ++count;
    } while (count < left_ &&
             values.size() + offsets.size() + FibonacciBytesMax(terms_->next()) + sizeof(int32_t) <=
                 kStreamBlockBytes);
    column->set_type(v1::DATA_TYPE_BINARY);
    column->set_length(count);
  }

  const uint64_t n_max_;
  v1::StreamTermsRequest request_;
  uint64_t last_ = 0;
  uint64_t left_ = 0;  // terms that no block has yet
  std::optional<FibonacciTerms> terms_;
  std::optional<FibonacciModuloTerms> modulo_terms_;
};

}  // namespace

grpc::ServerUnaryReactor* FibonacciService::Compute(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  return ServeUnary(environment_, Method::kCompute, context, request, response,
                    std::make_unique<ComputeHandler>(n_max_));
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* FibonacciService::StreamTerms(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ServeStream(environment_, Method::kStreamTerms, context, request,
                     std::make_unique<StreamTermsHandler>(n_max_));
}

}  // namespace kernelserve::server

#ifndef KERNELSERVE_KERNELS_BOUND_H_
#define KERNELSERVE_KERNELS_BOUND_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "kernels/bound_rows.h"
#include "kernels/signature.h"

namespace kernelserve::define_internal {

// The kernel K bound to the columns and parameters of one call. What K may have besides Run is in
// kernels/define.h; here is but what differs from one kernel to the next of the same types.
template <typename K, typename ArgumentList>
class Bound;

template <typename K>
using SignatureOfRun = SignatureOf<typename RunOf<K>::Type>;
template <typename K>
using ResultOfRun = ResultOf<typename SignatureOfRun<K>::Returned>;

template <typename K, typename... Args>
class Bound<K, std::tuple<Args...>> final
    : public BoundRows<typename ResultOfRun<K>::Type, Args...> {
 public:
  using Parameters = typename ParametersOf<K>::Type;
  using Result = typename ResultOfRun<K>::Type;
  static constexpr bool kFallible = ResultOfRun<K>::kFallible;
  static constexpr bool kTakesParameters = requires { typename K::Parameters; };
  static constexpr bool kTakesStopToken = SignatureOfRun<K>::kTakesStopToken;
  static constexpr bool kHasBinary = requires { &K::RunBinary; };
  static constexpr bool kHasBlock = requires { &K::RunBlock; };
  static constexpr bool kHasCost = requires { &K::Cost; };
  static constexpr bool kHasPrepared = requires { typename K::Prepared; };
  static constexpr bool kHasCheckRow = requires(const Parameters& parameters) {
    K::ChecksRows(parameters);
  };
  static_assert(!(kFallible && kHasBlock), "a block of rows can't fail in part");
  static_assert(kHasBlock || !kHasPrepared, "what is prepared is for a block of rows");

  Bound(Parameters parameters, const BoundTo& to)
      : Rows(to, {.blocks = kHasBlock, .costs = kHasCost}), parameters_(std::move(parameters)) {
    if constexpr (kHasPrepared) {
      if (const std::optional<Text> literal = this->Literal(&literal_)) {
        prepared_.emplace(K::Prepare(*literal, literal_, parameters_));
      }
    }
  }

  uint64_t prepared_bytes() const override {
    if constexpr (kHasPrepared) return prepared_ ? K::PreparedBytes(*prepared_) : 0;
    return 0;
  }

 private:
  using Rows = BoundRows<Result, Args...>;

  double Cost(SizeOrValue<Args>... sizes) const override {
    if constexpr (kHasCost) {
      return WithParameters([](const auto&... all) { return K::Cost(all...); }, sizes...);
    } else {
      return kDefaultCostNs;
    }
  }

  uint64_t ResultBytes(SizeOrValue<Args>... sizes) const override {
    if constexpr (requires { &K::ResultBytes; }) {
      return WithParameters([](const auto&... all) { return K::ResultBytes(all...); }, sizes...);
    } else {
      return 0;
    }
  }

  bool ChecksRows() const override {
    if constexpr (kHasCheckRow) return K::ChecksRows(parameters_);
    return false;
  }

  absl::Status CheckRow(const Args&... values) const override {
    if constexpr (kHasCheckRow) return K::CheckRow(values..., parameters_);
    return absl::OkStatus();
  }

  absl::Status RunRow(const Args&... values, const StopToken& stop,
                      ResultBlock& out) const override {
    if constexpr (kHasBinary) {
      if (this->result_type() == DataType::kBinary) {
        return Append([](const auto&... all) { return K::RunBinary(all...); }, values..., stop,
                      out);
      }
    }
    if constexpr (!kHasBlock) {
      return Append([](const auto&... all) { return K::Run(all...); }, values..., stop, out);
    }
    return absl::InternalError("a kernel of blocks has no rows");
  }

  void RunBlock(std::span<const Args>... columns, const StopToken& stop,
                std::span<Result> results) const override {
    if constexpr (kHasPrepared) {
      if (prepared_) {
        const auto all = std::tie(columns...);
        K::RunPrepared(*prepared_, literal_ == Side::kLeft ? std::get<1>(all) : std::get<0>(all),
                       parameters_, stop, results);
        return;
      }
    }
    if constexpr (kHasBlock && kTakesParameters) {
      K::RunBlock(columns..., parameters_, stop, results);
    } else if constexpr (kHasBlock) {
      K::RunBlock(columns..., stop, results);
    }
  }

  template <typename Function, typename... Leading>
  auto WithParameters(const Function& function, const Leading&... leading) const {
    if constexpr (kTakesParameters) {
      return function(leading..., parameters_);
    } else {
      return function(leading...);
    }
  }

  // Calls function(values..., and of parameters and stop token those that the kernel takes), and
  // appends its result.
  template <typename Function>
  absl::Status Append(const Function& function, const Args&... values, const StopToken& stop,
                      ResultBlock& out) const {
    const auto result = [&] {
      if constexpr (kTakesStopToken) {
        return WithParameters([&](const auto&... all) { return function(all..., stop); },
                              values...);
      } else {
        return WithParameters(function, values...);
      }
    }();
    if constexpr (requires { result.status(); }) {
      if (!result.ok()) return result.status();
      AppendValue(*result, out);
    } else {
      AppendValue(result, out);
    }
    return absl::OkStatus();
  }

  template <typename R>
  static void AppendValue(const R& value, ResultBlock& out) {
    if constexpr (std::is_same_v<R, bool>) {
      out.Append(value);
    } else if constexpr (std::is_arithmetic_v<R>) {
      out.Append(std::span<const R>(&value, 1));
    } else {
      out.Append(std::string_view(value));
    }
  }

  struct Nothing {};
  template <typename T>
  struct PreparedOf {
    using Type = Nothing;
  };
  template <typename T>
  requires requires { typename T::Prepared; }
  struct PreparedOf<T> {
    using Type = typename T::Prepared;
  };

  const Parameters parameters_;
  Side literal_ = Side::kLeft;
  std::optional<typename PreparedOf<K>::Type> prepared_;
};

}  // namespace kernelserve::define_internal

#endif  // KERNELSERVE_KERNELS_BOUND_H_

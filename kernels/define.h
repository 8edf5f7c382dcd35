#ifndef KERNELSERVE_KERNELS_DEFINE_H_
#define KERNELSERVE_KERNELS_DEFINE_H_

#include <array>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/bound.h"
#include "kernels/kernel.h"
#include "kernels/parameters.h"
#include "kernels/signature.h"

// Makes a Kernel of a C++ function, or of a struct where the kernel needs more than one:
//
//   uint64_t CollatzSteps(uint64_t n);                        DefineFunction<CollatzSteps>(...)
//   struct Fibonacci { static absl::StatusOr<uint64_t> Run(uint64_t n, ...); ... };
//                                                              Define<Fibonacci>(...)
//
// Column types, results, fallibility and documentation are deduced from the signature of Run:
//
//   arguments    Text, std::string_view (bytes), int64_t, uint64_t, double, bool: one column each
//   then, each optional, in this order
//     const Parameters&   the struct's `Parameters` (kernels/parameters.h)
//     const StopToken&    where a row can run over a millisecond
//   result       int64_t, uint64_t, double, bool, std::string (utf8), or absl::StatusOr of one
//
// A struct may have, and is then given credit for it:
//
//   static absl::Status Validate(const Parameters&)
//       refuses values before any row runs; the error's field is the parameter's name
//   static double Cost(arguments..., const Parameters&)
//       ns for one row on one core; a text is passed as its size (size_t, in bytes)
//   static uint64_t ResultBytes(arguments..., const Parameters&)
//       bound for a row of string results
//   static absl::StatusOr<std::string> RunBinary(as Run)
//       results as bytes, when binary is asked for
//   static void RunBlock(std::span<const Argument>..., [const Parameters&], const StopToken&,
//                        std::span<Result>)
//       many rows at once; no row may fail
//   static absl::Status CheckRow(arguments..., const Parameters&),
//   static bool ChecksRows(const Parameters&)
//       refuses single rows before RunBlock or RunPrepared sees them, with parameters that ask so
//   Prepared, static Prepared Prepare(Text, Side, const Parameters&),
//   static uint64_t PreparedBytes(const Prepared&),
//   static void RunPrepared(const Prepared&, std::span<const Text>, const Parameters&,
//                           const StopToken&, std::span<Result>)
//       with RunBlock: of two texts, one is a literal
//   static constexpr DataType kResults[]
//       result types on offer, the default first

namespace kernelserve {

namespace define_internal {

// There is a copy of what follows for each kernel, and it runs once a call or once at all: cold, so
// that the compiler makes it small.

// The type of the results: what was asked for where it is on offer, the first where nothing was.
absl::StatusOr<DataType> ResultTypeOf(absl::string_view kernel, std::span<const DataType> offered,
                                      DataType asked);

// Refuses columns that can't be read as the kernel's arguments at all, whatever their rows, and a
// result type that is not on offer. Returns the type of the results.
absl::StatusOr<DataType> CheckColumns(const Declared& declared, const Binding& binding,
                                      std::span<const ColumnView> columns);
absl::Status ScoringNotTaken(absl::string_view kernel);

// Reads what `binding` says of K's parameters, or why it can't be.
template <typename K>
ABSL_ATTRIBUTE_COLD absl::Status BindParameters(absl::string_view kernel, const Binding& binding,
                                                typename ParametersOf<K>::Type* parameters) {
  if (absl::Status status = ReadParameters(binding.parameters, parameters); !status.ok()) {
    return status;
  }
  if constexpr (requires { parameters->SetLimits(binding.limits); }) {
    parameters->SetLimits(binding.limits);
  }
  if constexpr (requires { parameters->SetScoring(binding.score_cutoff, binding.score_hint); }) {
    absl::Status status = parameters->SetScoring(binding.score_cutoff, binding.score_hint);
    if (!status.ok()) return status;
  } else if (binding.score_cutoff || binding.score_hint) {
    return ScoringNotTaken(kernel);
  }
  if constexpr (requires { K::Validate(*parameters); }) {
    if (absl::Status status = K::Validate(*parameters); !status.ok()) {
      return WithField(status, absl::StrCat("parameters.", ErrorField(status)));
    }
  }
  return absl::OkStatus();
}

// Binds a kernel to the columns and parameters of one call.
using BindFunction = absl::StatusOr<std::unique_ptr<BoundKernel>>(
    const std::shared_ptr<const Declared>&, const Binding&, std::span<const ColumnView>);

template <typename K>
using BoundOf = Bound<K, typename SignatureOfRun<K>::Arguments>;

template <typename K>
ABSL_ATTRIBUTE_COLD absl::StatusOr<std::unique_ptr<BoundKernel>> Bind(
    const std::shared_ptr<const Declared>& declared, const Binding& binding,
    std::span<const ColumnView> columns) {
  typename BoundOf<K>::Parameters parameters;
  if (absl::Status status = BindParameters<K>(declared->name, binding, &parameters); !status.ok()) {
    return status;
  }
  const absl::StatusOr<DataType> type = CheckColumns(*declared, binding, columns);
  if (!type.ok()) return type.status();
  return std::make_unique<BoundOf<K>>(
      std::move(parameters),
      BoundTo{.binding = binding, .result_type = *type, .columns = columns, .declared = declared});
}

// Completes a kernel: its arguments have these names and types, and it binds by `bind`.
Kernel Complete(Kernel kernel, std::vector<std::string> arguments, std::span<const DataType> types,
                std::span<const DataType> results, BindFunction* bind);

template <typename List>
inline constexpr std::array<DataType, 0> kTypesOf = {};
template <typename... Args>
inline constexpr std::array kTypesOf<std::tuple<Args...>> = {kTypeOf<Args>...};

}  // namespace define_internal

// A kernel from a struct; `arguments` names them, in order.
template <typename K>
ABSL_ATTRIBUTE_COLD Kernel Define(std::string name, std::vector<std::string> arguments,
                                  std::string doc) {
  using Bound = define_internal::BoundOf<K>;
  using Arguments = typename define_internal::SignatureOfRun<K>::Arguments;
  static_assert(std::tuple_size_v<Arguments> > 0, "a kernel takes at least one argument");
  std::span<const DataType> results;
  if constexpr (requires { K::kResults; }) {
    results = K::kResults;
  } else {
    static constexpr DataType kResult[] = {define_internal::kTypeOf<typename Bound::Result>};
    results = kResult;
  }
  return define_internal::Complete({.name = std::move(name),
                                    .doc = std::move(doc),
                                    .parameters = DescribeParameters<typename Bound::Parameters>(),
                                    .fallible = Bound::kFallible || Bound::kHasCheckRow},
                                   std::move(arguments), define_internal::kTypesOf<Arguments>,
                                   results, define_internal::Bind<K>);
}

// What the scorer K can tell of a pair beyond its score, from a function of (Text left, Text right,
// const Parameters&, StopToken), where Parameters are K's or what these derive from.
template <typename K, typename Run, typename Cost>
auto DefinePairFunction(std::string name, const Run& run, const Cost& cost) {
  using Parameters = typename define_internal::ParametersOf<K>::Type;
  using Result = decltype(run(Text(), Text(), Parameters(), StopToken()));
  return PairFunction<Result>{
      .run = [name = std::move(name), run](const Binding& binding, Text left, Text right,
                                           StopToken stop) -> absl::StatusOr<Result> {
        Parameters parameters;
        if (absl::Status status = define_internal::BindParameters<K>(name, binding, &parameters);
            !status.ok()) {
          return status;
        }
        if constexpr (requires { K::CheckRow(left, right, parameters); }) {
          if (K::ChecksRows(parameters)) {
            if (absl::Status status = K::CheckRow(left, right, parameters); !status.ok()) {
              return status;
            }
          }
        }
        return run(left, right, parameters, stop);
      },
      .cost = cost,
  };
}

// A kernel from a plain function.
template <auto function>
Kernel DefineFunction(std::string name, std::vector<std::string> arguments, std::string doc) {
  return Define<define_internal::FunctionKernel<function>>(std::move(name), std::move(arguments),
                                                           std::move(doc));
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_DEFINE_H_

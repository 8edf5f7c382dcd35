#ifndef KERNELSERVE_KERNELS_DEFINE_H_
#define KERNELSERVE_KERNELS_DEFINE_H_

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "kernels/column_reader.h"
#include "kernels/error.h"
#include "kernels/kernel.h"
#include "kernels/parameters.h"
#include "kernels/text.h"

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
//   static absl::Status Validate(const Parameters&)            refuses values before any row runs
//   static double Cost(arguments..., const Parameters&)        ns for one row on one core; a text
//                                                              is passed as its size (size_t, in
//                                                              bytes)
//   static uint64_t ResultBytes(arguments..., const Parameters&)   bound for a row of string
//   results static absl::StatusOr<std::string> RunBinary(as Run)       results as bytes, when
//   binary is asked for static void RunBlock(std::span<const Argument>..., [const Parameters&],
//   const StopToken&,
//                        std::span<Result>)                    many rows at once; no row may fail
//   Prepared, static Prepared Prepare(Text, Side, const Parameters&), static uint64_t
//   PreparedBytes(const Prepared&), static void RunPrepared(const Prepared&, std::span<const Text>,
//   const Parameters&, const StopToken&, std::span<Result>)    of two texts, one is a literal
//   static constexpr DataType kResults[]                       result types on offer, the default
//   first

namespace kernelserve {

// Which of a kernel's two texts.
enum class Side : uint8_t { kLeft, kRight };

namespace define_internal {

// ---- what a signature says ----

template <typename T>
struct ResultOf {
  using Type = T;
  static constexpr bool kFallible = false;
};
template <typename T>
struct ResultOf<absl::StatusOr<T>> {
  using Type = T;
  static constexpr bool kFallible = true;
};

template <typename T>
concept Argument =
    std::same_as<T, Text> || std::same_as<T, std::string_view> || std::same_as<T, int64_t> ||
    std::same_as<T, uint64_t> || std::same_as<T, double> || std::same_as<T, bool>;

template <typename List, typename... Rest>
struct SplitArguments {
  using Type = List;  // what follows is Parameters or StopToken
};
template <typename... Taken, Argument First, typename... Rest>
struct SplitArguments<std::tuple<Taken...>, First, Rest...> {
  using Type = typename SplitArguments<std::tuple<Taken..., First>, Rest...>::Type;
};

template <typename Function>
struct SignatureOf;
template <typename Result, typename... Args>
struct SignatureOf<Result (*)(Args...)> {
  using Returned = Result;
  using Arguments = typename SplitArguments<std::tuple<>, std::remove_cvref_t<Args>...>::Type;
  static constexpr bool kTakesStopToken =
      (std::is_same_v<std::remove_cvref_t<Args>, StopToken> || ...);
};

template <typename K>
struct ParametersOf {
  using Type = NoParameters;
};
template <typename K>
requires requires { typename K::Parameters; }
struct ParametersOf<K> {
  using Type = typename K::Parameters;
};

// A plain function in the clothes of a struct.
template <auto function>
struct FunctionKernel {
  template <typename... Args>
  static auto Run(const Args&... args) {
    return function(args...);
  }
  static constexpr auto kFunction = function;
};

template <typename K>
struct RunOf {
  using Type = decltype(&K::Run);
};
template <auto function>
struct RunOf<FunctionKernel<function>> {
  using Type = decltype(function);
};

// ---- C++ types and data types ----

template <typename T>
constexpr DataType kTypeOf = DataType::kUtf8;  // Text, std::string
template <>
inline constexpr DataType kTypeOf<std::string_view> = DataType::kBinary;
template <>
inline constexpr DataType kTypeOf<int64_t> = DataType::kInt64;
template <>
inline constexpr DataType kTypeOf<uint64_t> = DataType::kUint64;
template <>
inline constexpr DataType kTypeOf<double> = DataType::kFloat64;
template <>
inline constexpr DataType kTypeOf<bool> = DataType::kBool;

template <typename T>
struct ReaderOf {
  using Type = NumberReader<T>;
};
template <>
struct ReaderOf<Text> {
  using Type = TextReader;
};
template <>
struct ReaderOf<std::string_view> {
  using Type = BytesReader;
};

// Refuses a column that can't be read as `wanted` at all, whatever its rows.
absl::Status CheckArgumentType(absl::string_view name, DataType wanted, const ColumnView& column);
absl::Status CheckResultType(absl::string_view kernel, std::span<const DataType> offered,
                             DataType asked);
absl::Status ScoringNotTaken(absl::string_view kernel);

// ---- the kernel bound to one call ----

// Rows read before they are computed: enough for SIMD across rows, few enough to stay in L1.
inline constexpr size_t kBlockRows = TextReader::kReadBlockRows;
// Estimated for kernels that don't say.
inline constexpr double kDefaultCostNs = 50;
// Costs of a long column are sampled: every row of a short one, else one in so many.
inline constexpr size_t kSampleEvery = 16;
inline constexpr size_t kSampledOver = 4096;

template <typename K, typename ArgumentList>
class Bound;

template <typename K, typename... Args>
class Bound<K, std::tuple<Args...>> final : public BoundKernel {
 public:
  using Signature = SignatureOf<typename RunOf<K>::Type>;
  using Parameters = typename ParametersOf<K>::Type;
  using Result = typename ResultOf<typename Signature::Returned>::Type;
  static constexpr bool kFallible = ResultOf<typename Signature::Returned>::kFallible;
  static constexpr bool kTakesParameters = requires { typename K::Parameters; };
  static constexpr bool kHasBinary = requires { &K::RunBinary; };
  static constexpr bool kHasBlock = requires { &K::RunBlock; };
  static constexpr bool kHasCost = requires { &K::Cost; };
  static constexpr bool kHasPrepared = requires { typename K::Prepared; };
  static constexpr auto kIndices = std::index_sequence_for<Args...>();
  static_assert(!(kFallible && (kHasBlock || kHasPrepared)), "a block of rows can't fail in part");

  Bound(Parameters parameters, const Binding& binding, DataType result_type,
        std::span<const ColumnView> columns, std::shared_ptr<const std::vector<std::string>> names)
      : parameters_(std::move(parameters)),
        row_errors_(binding.row_errors),
        names_rows_(binding.names_rows),
        result_type_(result_type),
        columns_(columns),
        names_(std::move(names)) {
    if constexpr (kHasPrepared) Prepare();
  }

  DataType result_type() const override { return result_type_; }

  uint64_t prepared_bytes() const override {
    if constexpr (kHasPrepared) return prepared_ ? K::PreparedBytes(*prepared_) : 0;
    return 0;
  }

  uint64_t ResultBytesMax(size_t rows) const override {
    const size_t width = result_type_ == DataType::kBool ? 1 : FixedWidth(result_type_);
    if (width > 0) return rows * width;
    uint64_t bytes = rows * sizeof(int32_t);
    if constexpr (requires { &K::ResultBytes; }) {
      Readers readers = MakeReaders(kIndices);
      for (size_t row = 0; row < rows; ++row) {
        bytes += AtSizes(readers, row, [this](auto... sizes) -> uint64_t {
          return WithParameters([](const auto&... all) { return K::ResultBytes(all...); },
                                sizes...);
        });
      }
    }
    return bytes;
  }

  size_t TaskEnd(size_t begin, size_t rows, double budget_ns, double* cost_ns) const override {
    if constexpr (!kHasCost) {
      const size_t count = std::max<size_t>(1, static_cast<size_t>(budget_ns / kDefaultCostNs));
      const size_t end = begin + std::min(count, rows - begin);
      *cost_ns = (end - begin) * kDefaultCostNs;
      return end;
    } else {
      Readers readers = MakeReaders(kIndices);
      const size_t stride = rows > kSampledOver ? kSampleEvery : 1;
      *cost_ns = 0;
      size_t end = begin;
      while (end < rows && *cost_ns < budget_ns) {
        const size_t count = std::min(stride, rows - end);
        *cost_ns += RowCost(readers, end) * count;
        end += count;
      }
      return end;
    }
  }

  double CostNs(size_t rows) const override {
    if constexpr (!kHasCost) {
      return rows * kDefaultCostNs;
    } else {
      Readers readers = MakeReaders(kIndices);
      const size_t stride = (rows + kSampledOver - 1) / kSampledOver;
      double cost = 0;
      for (size_t row = 0; row < rows; row += stride) {
        cost += RowCost(readers, row) * std::min(stride, rows - row);
      }
      return cost;
    }
  }

  absl::Status Run(size_t begin, size_t end, const StopToken& stop,
                   ResultBlock& out) const override {
    Readers readers = MakeReaders(kIndices);
    if constexpr (kHasBlock || kHasPrepared) {
      if (result_type_ != DataType::kBinary) return RunBlocks(readers, begin, end, stop, out);
    }
    return RunRows(readers, begin, end, stop, out);
  }

 private:
  using Readers = std::tuple<typename ReaderOf<Args>::Type...>;
  using Values = std::tuple<Args...>;

  template <size_t... I>
  Readers MakeReaders(std::index_sequence<I...>) const {
    return Readers(typename ReaderOf<Args>::Type(columns_[I], (*names_)[I])...);
  }

  // Reads one row of every argument. A null in any makes the row null.
  template <size_t... I>
  static RowState ReadRow(Readers& readers, size_t row, Values* values, const absl::Status** error,
                          std::index_sequence<I...>) {
    RowState worst = RowState::kValue;
    const auto read = [&](auto& reader, auto* value) {
      const RowState state = reader.Read(row, value);
      if (state == RowState::kInvalid && worst != RowState::kInvalid) *error = &reader.error();
      worst = std::max(worst, state);
    };
    (read(std::get<I>(readers), &std::get<I>(*values)), ...);
    return worst;
  }

  static void Release(Readers& readers) {
    std::apply(
        [](auto&... reader) {
          const auto release = [](auto& one) {
            if constexpr (requires { one.Release(); }) one.Release();
          };
          (release(reader), ...);
        },
        readers);
  }

  // Calls function(size or value of each argument of the row); 0 where the row has a null.
  template <typename Function>
  static auto AtSizes(Readers& readers, size_t row, Function function) {
    const auto size = [row](auto& reader) {
      if constexpr (requires { reader.Size(row); }) {
        return static_cast<size_t>(reader.Size(row));
      } else {
        return NumberAt(reader, row);
      }
    };
    return std::apply([&](auto&... reader) { return function(size(reader)...); }, readers);
  }

  template <typename T>
  static T NumberAt(NumberReader<T>& reader, size_t row) {
    T value{};
    return reader.Read(row, &value) == RowState::kValue ? value : T{};
  }

  double RowCost(Readers& readers, size_t row) const {
    return AtSizes(readers, row, [this](auto... sizes) -> double {
      return WithParameters([](const auto&... all) { return K::Cost(all...); }, sizes...);
    });
  }

  template <typename Function, typename... Sizes>
  auto WithParameters(const Function& function, Sizes... sizes) const {
    if constexpr (kTakesParameters) {
      return function(sizes..., parameters_);
    } else {
      return function(sizes...);
    }
  }

  // Calls function(leading..., and of parameters and stop token those that the kernel takes).
  template <typename Function, typename... Leading>
  auto Call(const Function& function, const StopToken& stop, const Leading&... leading) const {
    if constexpr (kTakesParameters && Signature::kTakesStopToken) {
      return function(leading..., parameters_, stop);
    } else if constexpr (kTakesParameters) {
      return function(leading..., parameters_);
    } else if constexpr (Signature::kTakesStopToken) {
      return function(leading..., stop);
    } else {
      return function(leading...);
    }
  }

  // What to do with a row that failed: a null with its reason, or the end of the call.
  absl::Status Fail(const absl::Status& error, size_t row, ResultBlock& out) const {
    if (row_errors_ == RowErrorPolicy::kFail) return names_rows_ ? AtRow(error, row) : error;
    out.AppendError(
        {.row = row, .reason = ErrorReason(error), .message = std::string(error.message())});
    return absl::OkStatus();
  }

  template <typename R>
  static void Append(const R& value, ResultBlock& out) {
    if constexpr (std::is_same_v<R, bool>) {
      out.Append(value);
    } else if constexpr (std::is_arithmetic_v<R>) {
      out.Append(std::span<const R>(&value, 1));
    } else {
      out.Append(std::string_view(value));
    }
  }

  absl::Status RunRows(Readers& readers, size_t begin, size_t end, const StopToken& stop,
                       ResultBlock& out) const {
    if constexpr (kHasBinary) {
      if (result_type_ == DataType::kBinary) {
        const auto run = [](const auto&... args) { return K::RunBinary(args...); };
        return RunRowsBy(run, readers, begin, end, stop, out);
      }
    }
    const auto run = [](const auto&... args) { return K::Run(args...); };
    return RunRowsBy(run, readers, begin, end, stop, out);
  }

  template <typename Function>
  absl::Status RunRowsBy(const Function& function, Readers& readers, size_t begin, size_t end,
                         const StopToken& stop, ResultBlock& out) const {
    for (size_t row = begin; row < end; ++row) {
      if (row % kBlockRows == 0) {
        if (stop.stopped()) return absl::CancelledError("stopped");
        Release(readers);
      }
      Values values;
      const absl::Status* error = nullptr;
      const RowState state = ReadRow(readers, row, &values, &error, kIndices);
      if (state == RowState::kNull) {
        out.AppendNull();
        continue;
      }
      if (state == RowState::kInvalid) {
        if (absl::Status status = Fail(*error, row, out); !status.ok()) return status;
        continue;
      }
      const auto result =
          std::apply([&](const auto&... value) { return Call(function, stop, value...); }, values);
      if constexpr (requires { result.status(); }) {
        if (!result.ok()) {
          if (stop.stopped()) return result.status();
          if (absl::Status status = Fail(result.status(), row, out); !status.ok()) return status;
          continue;
        }
        Append(*result, out);
      } else {
        Append(result, out);
      }
    }
    return stop.stopped() ? absl::CancelledError("stopped") : absl::OkStatus();
  }

  // One side of a block: kBlockRows values of each argument, side by side.
  using Columns = std::tuple<std::array<Args, kBlockRows>...>;

  absl::Status RunBlocks(Readers& readers, size_t begin, size_t end, const StopToken& stop,
                         ResultBlock& out) const {
    Columns columns;
    std::array<RowState, kBlockRows> states;
    std::array<Result, kBlockRows> results;
    for (size_t first = begin; first < end; first += kBlockRows) {
      if (stop.stopped()) return absl::CancelledError("stopped");
      Release(readers);
      const size_t count = std::min(kBlockRows, end - first);
      size_t packed = count;
      std::vector<std::pair<size_t, absl::Status>> failed;
      if (ReadBlock(readers, first, count, &columns, kIndices)) {
        std::fill_n(states.begin(), count, RowState::kValue);
      } else {
        // Row by row; those with a value are packed to the front, and `states` says which they are.
        packed = 0;
        Release(readers);
        for (size_t i = 0; i < count; ++i) {
          Values values;
          const absl::Status* error = nullptr;
          states[i] = ReadRow(readers, first + i, &values, &error, kIndices);
          if (states[i] == RowState::kInvalid) {
            // Only reading can fail here, and it reads in order: this row is the lowest.
            if (row_errors_ == RowErrorPolicy::kFail) {
              return names_rows_ ? AtRow(*error, first + i) : *error;
            }
            failed.emplace_back(first + i, *error);
          }
          if (states[i] == RowState::kValue) Pack(values, packed++, &columns, kIndices);
        }
      }
      RunBlock(columns, packed, stop, std::span(results).first(packed));
      if (stop.stopped()) return absl::CancelledError("stopped");
      AppendBlock(std::span(results).first(packed), std::span(states).first(count), failed, out);
    }
    return absl::OkStatus();
  }

  // Reads a block of every argument where all rows have a value; false where one has not.
  template <size_t... I>
  static bool ReadBlock(Readers& readers, size_t first, size_t count, Columns* columns,
                        std::index_sequence<I...>) {
    const auto read = [&](auto& reader, auto* values) {
      if constexpr (requires { reader.ReadBlock(first, count, values); }) {
        return reader.ReadBlock(first, count, values);
      } else {
        for (size_t i = 0; i < count; ++i) {
          if (reader.Read(first + i, &values[i]) != RowState::kValue) return false;
        }
        return true;
      }
    };
    return (read(std::get<I>(readers), std::get<I>(*columns).data()) && ...);
  }

  template <size_t... I>
  static void Pack(const Values& values, size_t to, Columns* columns, std::index_sequence<I...>) {
    ((std::get<I>(*columns)[to] = std::get<I>(values)), ...);
  }

  void RunBlock(const Columns& columns, size_t count, const StopToken& stop,
                std::span<Result> results) const {
    if constexpr (kHasPrepared) {
      if (prepared_) {
        const auto& others = literal_ == Side::kLeft ? std::get<1>(columns) : std::get<0>(columns);
        K::RunPrepared(*prepared_, std::span(others).first(count), parameters_, stop, results);
        return;
      }
    }
    if constexpr (kHasBlock) {
      std::apply(
          [&](const auto&... column) {
            if constexpr (kTakesParameters) {
              K::RunBlock(std::span(column).first(count)..., parameters_, stop, results);
            } else {
              K::RunBlock(std::span(column).first(count)..., stop, results);
            }
          },
          columns);
    } else {
      const auto run = [](const auto&... args) { return K::Run(args...); };
      for (size_t i = 0; i < count; ++i) {
        results[i] = std::apply(
            [&](const auto&... column) { return Call(run, stop, column[i]...); }, columns);
      }
    }
  }

  static void AppendBlock(std::span<const Result> results, std::span<const RowState> states,
                          const std::vector<std::pair<size_t, absl::Status>>& failed,
                          ResultBlock& out) {
    if (results.size() == states.size()) {
      out.Append(results);
      return;
    }
    size_t next = 0;
    size_t next_failed = 0;
    for (const RowState state : states) {
      if (state == RowState::kValue) {
        out.Append(results.subspan(next++, 1));
      } else if (state == RowState::kNull) {
        out.AppendNull();
      } else {
        const auto& [row, error] = failed[next_failed++];
        out.AppendError(
            {.row = row, .reason = ErrorReason(error), .message = std::string(error.message())});
      }
    }
  }

  void Prepare() requires kHasPrepared {
    if (!columns_[0].repeat && !columns_[1].repeat) return;
    literal_ = columns_[0].repeat ? Side::kLeft : Side::kRight;
    const size_t index = literal_ == Side::kLeft ? 0 : 1;
    literal_reader_.emplace(columns_[index], (*names_)[index]);
    Text text;
    // A null or invalid literal goes the ordinary way, and is reported there.
    if (literal_reader_->Read(0, &text) == RowState::kValue) {
      prepared_.emplace(K::Prepare(text, literal_, parameters_));
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
  const RowErrorPolicy row_errors_;
  const bool names_rows_;
  const DataType result_type_;
  const std::span<const ColumnView> columns_;
  const std::shared_ptr<const std::vector<std::string>> names_;
  Side literal_ = Side::kLeft;
  std::optional<TextReader> literal_reader_;  // holds the units that prepared_ refers to
  std::optional<typename PreparedOf<K>::Type> prepared_;
};

}  // namespace define_internal

// A kernel from a struct; `arguments` names them, in order.
template <typename K>
Kernel Define(std::string name, std::vector<std::string> arguments, std::string doc) {
  using Signature = define_internal::SignatureOf<typename define_internal::RunOf<K>::Type>;
  using Bound = define_internal::Bound<K, typename Signature::Arguments>;
  Kernel kernel{.name = std::move(name), .doc = std::move(doc)};
  kernel.parameters = DescribeParameters<typename Bound::Parameters>();
  kernel.fallible = Bound::kFallible;
  if constexpr (requires { K::kResults; }) {
    kernel.results.assign(std::begin(K::kResults), std::end(K::kResults));
  } else {
    kernel.results = {define_internal::kTypeOf<typename Bound::Result>};
  }
  [&]<typename... Args>(std::type_identity<std::tuple<Args...>>) {
    static_assert(sizeof...(Args) > 0, "a kernel takes at least one argument");
    size_t i = 0;
    (kernel.arguments.push_back(
         {.name = arguments.at(i++), .type = define_internal::kTypeOf<Args>}),
     ...);
  }(std::type_identity<typename Signature::Arguments>());

  const auto names = std::make_shared<const std::vector<std::string>>(std::move(arguments));
  kernel.bind =
      [name = kernel.name, names, results = kernel.results, types = kernel.arguments](
          const Binding& binding,
          std::span<const ColumnView> columns) -> absl::StatusOr<std::unique_ptr<BoundKernel>> {
    typename Bound::Parameters parameters;
    if (absl::Status status = ReadParameters(binding.parameters, &parameters); !status.ok()) {
      return status;
    }
    if constexpr (requires { parameters.SetScoring(binding.score_cutoff, binding.score_hint); }) {
      absl::Status status = parameters.SetScoring(binding.score_cutoff, binding.score_hint);
      if (!status.ok()) return status;
    } else if (binding.score_cutoff || binding.score_hint) {
      return define_internal::ScoringNotTaken(name);
    }
    if constexpr (requires { K::Validate(parameters); }) {
      if (absl::Status status = K::Validate(parameters); !status.ok()) return status;
    }
    for (size_t i = 0; i < types.size(); ++i) {
      if (absl::Status status =
              define_internal::CheckArgumentType(types[i].name, types[i].type, columns[i]);
          !status.ok()) {
        return status;
      }
    }
    const DataType type =
        binding.result_type == DataType::kUnspecified ? results.front() : binding.result_type;
    if (absl::Status status = define_internal::CheckResultType(name, results, type); !status.ok()) {
      return status;
    }
    return std::make_unique<Bound>(std::move(parameters), binding, type, columns, names);
  };
  return kernel;
}

// A kernel from a plain function.
template <auto function>
Kernel DefineFunction(std::string name, std::vector<std::string> arguments, std::string doc) {
  return Define<define_internal::FunctionKernel<function>>(std::move(name), std::move(arguments),
                                                           std::move(doc));
}

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_DEFINE_H_

#ifndef KERNELSERVE_KERNELS_BOUND_H_
#define KERNELSERVE_KERNELS_BOUND_H_

// Over 400 lines: one template, whose members need each other's types.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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
#include "kernels/column_reader.h"
#include "kernels/error.h"
#include "kernels/kernel.h"
#include "kernels/signature.h"
#include "kernels/text.h"

namespace kernelserve {

// Which of a kernel's two texts.
enum class Side : uint8_t { kLeft, kRight };

namespace define_internal {

// Rows read before they are computed: enough for SIMD across rows, few enough to stay in L1.
inline constexpr size_t kBlockRows = TextReader::kReadBlockRows;
// Estimated for kernels that don't say.
inline constexpr double kDefaultCostNs = 50;
// Costs of a long column are sampled: every row of a short one, else one in so many.
inline constexpr size_t kSampleEvery = 16;
inline constexpr size_t kSampledOver = 4096;
// Reading a byte of a text: the most where it is not ASCII is about twice this, the least a tenth.
inline constexpr double kReadByteNs = 0.5;

// The row that stands for rows [begin, begin + count) in an estimate: any of them, by chance,
// though always the same one in a process. A sender can't put dear rows where none is looked at,
// and so a task takes what was estimated on average, whatever comes in.
size_t SampleRow(size_t begin, size_t count);

// The kernel K bound to the columns and parameters of one call: reads rows, calls K, stores
// results. What K may have besides Run is in kernels/define.h.
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
  static constexpr bool kHasCheckRow = requires(const Parameters& parameters) {
    K::ChecksRows(parameters);
  };
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
          return this->WithParameters([](const auto&... all) { return K::ResultBytes(all...); },
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
        *cost_ns += RowCost(readers, SampleRow(end, count)) * count;
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
        const size_t count = std::min(stride, rows - row);
        cost += RowCost(readers, SampleRow(row, count)) * count;
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

  // Whether decoded texts are to be let go of before more rows are read.
  static bool Full(const Readers& readers) {
    const auto full = [](const auto& one) {
      if constexpr (requires { one.full(); }) return one.full();
      return false;
    };
    return std::apply([&](const auto&... reader) { return (full(reader) || ...); }, readers);
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

  // Reading the row's texts, and the kernel's own estimate, which may be that it hardly looks.
  double RowCost(Readers& readers, size_t row) const {
    return AtSizes(readers, row, [this](auto... sizes) -> double {
      const double read_ns =
          (0.0 + ... + (std::is_same_v<Args, Text> ? kReadByteNs * static_cast<double>(sizes) : 0));
      return read_ns +
             this->WithParameters([](const auto&... all) { return K::Cost(all...); }, sizes...);
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
      if (row % kBlockRows == 0 && stop.stopped()) return absl::CancelledError("stopped");
      if (row % kBlockRows == 0 || Full(readers)) Release(readers);
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
    for (size_t first = begin; first < end;) {
      if (stop.stopped()) return absl::CancelledError("stopped");
      Release(readers);
      const size_t most = std::min(kBlockRows, end - first);
      size_t count = ChecksRows() ? 0 : ReadBlock(readers, first, most, &columns, kIndices);
      size_t packed = count;
      std::vector<std::pair<size_t, absl::Status>> failed;
      if (count > 0) {
        std::fill_n(states.begin(), count, RowState::kValue);
      } else {
        // Row by row; those with a value are packed to the front, and `states` says which they are.
        Release(readers);
        for (; count < most && !Full(readers); ++count) {
          const size_t i = count;
          Values values;
          const absl::Status* error = nullptr;
          absl::Status refused;
          states[i] = ReadRow(readers, first + i, &values, &error, kIndices);
          if constexpr (kHasCheckRow) {
            if (states[i] == RowState::kValue && ChecksRows()) {
              refused = std::apply(
                  [this](const auto&... value) { return K::CheckRow(value..., parameters_); },
                  values);
              if (!refused.ok()) {
                states[i] = RowState::kInvalid;
                error = &refused;
              }
            }
          }
          if (states[i] == RowState::kInvalid) {
            // A block itself can't fail, and rows are read in order: this one is the lowest.
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
      first += count;
    }
    return absl::OkStatus();
  }

  bool ChecksRows() const {
    if constexpr (kHasCheckRow) return K::ChecksRows(parameters_);
    return false;
  }

  // Reads a block of every argument where all rows have a value, and returns how many rows: fewer
  // than `count` where decoded texts take too much. 0 where a row has no value.
  template <size_t... I>
  static size_t ReadBlock(Readers& readers, size_t first, size_t count, Columns* columns,
                          std::index_sequence<I...>) {
    const auto read = [&](auto& reader, auto* values) {
      if constexpr (requires { reader.ReadBlock(first, count, values); }) {
        count = reader.ReadBlock(first, count, values);
      } else {
        for (size_t i = 0; i < count; ++i) {
          if (reader.Read(first + i, &values[i]) != RowState::kValue) count = 0;
        }
      }
      return count > 0;
    };
    (read(std::get<I>(readers), std::get<I>(*columns).data()) && ...);
    return count;
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

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_BOUND_H_

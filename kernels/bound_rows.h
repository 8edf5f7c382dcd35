#ifndef KERNELSERVE_KERNELS_BOUND_ROWS_H_
#define KERNELSERVE_KERNELS_BOUND_ROWS_H_

#include <algorithm>
#include <array>
#include <cmath>
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

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "kernels/column_reader.h"
#include "kernels/error.h"
#include "kernels/kernel.h"
#include "kernels/number_reader.h"
#include "kernels/sample_row.h"
#include "kernels/signature.h"
#include "kernels/text.h"

namespace kernelserve {

// Which of a kernel's two texts.
enum class Side : uint8_t { kLeft, kRight };

namespace define_internal {

// Rows read before they are computed: enough for SIMD across rows, few enough to stay in L1.
inline constexpr size_t kBlockRows = TextReader::kReadBlockRows;

// What a kernel says of itself, for its errors and the names of its columns.
struct Declared {
  std::string name;
  std::vector<Field> arguments;
  std::vector<DataType> results;
};

// What a kernel is bound to, but for its parameters.
struct BoundTo {
  const Binding& binding;
  DataType result_type;
  std::span<const ColumnView> columns;
  std::shared_ptr<const Declared> declared;
};

// What estimates know of an argument: a text's size in bytes, a number itself.
template <typename T>
using SizeOrValue =
    std::conditional_t<std::is_same_v<typename ReaderOf<T>::Type, NumberReader<T>>, T, size_t>;

// Reads rows of arguments, has a kernel compute them, stores its results. One class for all kernels
// of the same types, as there are dozens of two texts to a number: what is the kernel's own is
// virtual, and called once a block where it takes blocks.
template <typename Result, typename... Args>
class BoundRows : public BoundKernel {
 public:
  // Once for all kernels of these types, rather than in each one's destructors.
  ABSL_ATTRIBUTE_NOINLINE ~BoundRows() override = default;

  DataType result_type() const final { return result_type_; }

  uint64_t ResultBytesMax(size_t rows) const final {
    const size_t width = result_type_ == DataType::kBool ? 1 : FixedWidth(result_type_);
    if (width > 0) return rows * width;
    uint64_t bytes = rows * sizeof(int32_t);
    Readers readers = MakeReaders(kIndices);
    for (size_t row = 0; row < rows; ++row) {
      bytes += AtSizes(readers, row, [this](auto... sizes) { return ResultBytes(sizes...); });
    }
    return bytes;
  }

  size_t TaskEnd(size_t begin, size_t rows, double budget_ns, double* cost_ns) const final {
    if (!traits_.costs) {
      const size_t count = std::max<size_t>(1, static_cast<size_t>(budget_ns / kDefaultCostNs));
      const size_t end = begin + std::min(count, rows - begin);
      *cost_ns = (end - begin) * kDefaultCostNs;
      return end;
    }
    Readers readers = MakeReaders(kIndices);
    const auto row_cost = [&](size_t row) { return RowCost(readers, row); };
    return SampledTaskEnd(begin, rows, budget_ns, row_cost, cost_ns);
  }

  double CostNs(size_t rows) const final {
    if (!traits_.costs) return rows * kDefaultCostNs;
    Readers readers = MakeReaders(kIndices);
    return SampledCostNs(rows, [&](size_t row) { return RowCost(readers, row); });
  }

  absl::Status Run(size_t begin, size_t end, const StopToken& stop, ResultBlock& out) const final {
    Readers readers = MakeReaders(kIndices);
    if constexpr (kAppendsBlocks) {
      if (traits_.blocks && result_type_ != DataType::kBinary) {
        return RunBlocks(readers, begin, end, stop, out);
      }
    }
    return RunRows(readers, begin, end, stop, out);
  }

 protected:
  struct Traits {
    bool blocks = false;  // RunBlock is to be called, but for binary results; else RunRow
    bool costs = false;   // Cost says something
  };

  BoundRows(const BoundTo& to, Traits traits)
      : traits_(traits),
        row_errors_(to.binding.row_errors),
        names_rows_(to.binding.names_rows),
        result_type_(to.result_type),
        preprocessing_(to.binding.preprocessing),
        columns_(to.columns),
        declared_(to.declared) {}

  // The text that every row has in common, if one has a value; which one, in *side. As long as
  // this.
  std::optional<Text> Literal(Side* side) {
    if (!columns_[0].repeat && !columns_[1].repeat) return std::nullopt;
    *side = columns_[0].repeat ? Side::kLeft : Side::kRight;
    const size_t index = *side == Side::kLeft ? 0 : 1;
    literal_reader_.emplace(columns_[index], declared_->arguments[index].name, preprocessing_);
    Text text;
    // A null or invalid literal goes the ordinary way, and is reported there.
    if (literal_reader_->Read(0, &text) != RowState::kValue) return std::nullopt;
    return text;
  }

  // The kernel's own, as in kernels/define.h.
  virtual double Cost(SizeOrValue<Args>... sizes) const = 0;
  virtual uint64_t ResultBytes(SizeOrValue<Args>... sizes) const = 0;
  virtual bool ChecksRows() const = 0;
  virtual absl::Status CheckRow(const Args&... values) const = 0;
  // Appends one result, or says why there is none.
  virtual absl::Status RunRow(const Args&... values, const StopToken& stop,
                              ResultBlock& out) const = 0;
  virtual void RunBlock(std::span<const Args>... columns, const StopToken& stop,
                        std::span<Result> results) const = 0;

 private:
  using Readers = std::tuple<typename ReaderOf<Args>::Type...>;
  using Values = std::tuple<Args...>;
  // One side of a block: kBlockRows values of each argument, side by side.
  using Columns = std::tuple<std::array<Args, kBlockRows>...>;
  static constexpr auto kIndices = std::index_sequence_for<Args...>();
  static constexpr bool kAppendsBlocks = requires(ResultBlock & out) {
    out.Append(std::span<const Result>());
  };

  template <size_t... I>
  Readers MakeReaders(std::index_sequence<I...>) const {
    return Readers(MakeReader<Args>(columns_[I], declared_->arguments[I].name, preprocessing_)...);
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
    return AtSizes(readers, row, [this](auto... sizes) {
      const double read_ns =
          (0.0 + ... + (std::is_same_v<Args, Text> ? ReadTextNs(sizes, preprocessing_) : 0));
      return read_ns + Cost(sizes...);
    });
  }

  // What to do with a row that failed: a null with its reason, or the end of the call.
  absl::Status Fail(const absl::Status& error, size_t row, ResultBlock& out) const {
    if (row_errors_ == RowErrorPolicy::kFail) return names_rows_ ? AtRow(error, row) : error;
    out.AppendError(
        {.row = row, .reason = ErrorReason(error), .message = std::string(error.message())});
    return absl::OkStatus();
  }

  absl::Status RunRows(Readers& readers, size_t begin, size_t end, const StopToken& stop,
                       ResultBlock& out) const {
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
      const absl::Status result =
          std::apply([&](const auto&... value) { return RunRow(value..., stop, out); }, values);
      if (!result.ok()) {
        if (stop.stopped()) return result;
        if (absl::Status status = Fail(result, row, out); !status.ok()) return status;
      }
    }
    return stop.stopped() ? absl::CancelledError("stopped") : absl::OkStatus();
  }

  absl::Status RunBlocks(Readers& readers, size_t begin, size_t end, const StopToken& stop,
                         ResultBlock& out) const {
    Columns columns;
    std::array<RowState, kBlockRows> states;
    std::array<Result, kBlockRows> results;
    const bool checks_rows = ChecksRows();
    for (size_t first = begin; first < end;) {
      if (stop.stopped()) return absl::CancelledError("stopped");
      Release(readers);
      const size_t most = std::min(kBlockRows, end - first);
      // Rows with a value are packed to the front, and `states` says which they are.
      size_t count = 0;
      size_t packed = 0;
      size_t row_by_row_until = checks_rows ? most : 0;
      std::vector<std::pair<size_t, absl::Status>> failed;
      while (count < most && !(count > 0 && Full(readers))) {
        if (count >= row_by_row_until) {
          const size_t run = ValidRun(first + count, most - count);
          const size_t read =
              run > 0 ? ReadBlock(readers, first + count, run, packed, &columns, kIndices) : 0;
          if (read > 0) {
            std::fill_n(states.begin() + count, read, RowState::kValue);
            count += read;
            packed += read;
            continue;
          }
          if (packed == 0) Release(readers);
          row_by_row_until = count + std::max<size_t>(run, 1);
        }
        const size_t i = count++;
        Values values;
        const absl::Status* error = nullptr;
        absl::Status refused;
        states[i] = ReadRow(readers, first + i, &values, &error, kIndices);
        if (states[i] == RowState::kValue && checks_rows) {
          refused = std::apply([this](const auto&... value) { return CheckRow(value...); }, values);
          if (!refused.ok()) {
            states[i] = RowState::kInvalid;
            error = &refused;
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
      std::apply(
          [&](const auto&... column) {
            RunBlock(std::span(column).first(packed)..., stop, std::span(results).first(packed));
          },
          columns);
      if (stop.stopped()) return absl::CancelledError("stopped");
      AppendBlock(std::span(results).first(packed), std::span(states).first(count), failed, out);
      first += count;
    }
    return absl::OkStatus();
  }

  // How many rows from `first` on, `count` at most, are null in no argument, by its own validity.
  size_t ValidRun(size_t first, size_t count) const {
    for (const ColumnView& column : columns_) {
      if (!column.repeat) count = ValidRows(column, first, count);
    }
    return count;
  }

  // Reads a block of every argument where all rows have a value, to place `to` of the columns, and
  // returns how many rows: fewer than `count` where decoded texts take too much. 0 where a row has
  // no value.
  template <size_t... I>
  static size_t ReadBlock(Readers& readers, size_t first, size_t count, size_t to, Columns* columns,
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
    (read(std::get<I>(readers), std::get<I>(*columns).data() + to) && ...);
    return count;
  }

  template <size_t... I>
  static void Pack(const Values& values, size_t to, Columns* columns, std::index_sequence<I...>) {
    ((std::get<I>(*columns)[to] = std::get<I>(values)), ...);
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
    for (size_t i = 0; i < states.size();) {
      size_t run = 1;  // rows of the same state, but that each error is its own
      if (states[i] == RowState::kInvalid) {
        const auto& [row, error] = failed[next_failed++];
        out.AppendError(
            {.row = row, .reason = ErrorReason(error), .message = std::string(error.message())});
      } else {
        while (i + run < states.size() && states[i + run] == states[i]) ++run;
        if (states[i] == RowState::kNull) {
          out.AppendNull(run);
        } else {
          out.Append(results.subspan(next, run));
          next += run;
        }
      }
      i += run;
    }
  }

  const Traits traits_;
  const RowErrorPolicy row_errors_;
  const bool names_rows_;
  const DataType result_type_;
  const Preprocessing preprocessing_;
  const std::span<const ColumnView> columns_;
  const std::shared_ptr<const Declared> declared_;
  std::optional<TextReader> literal_reader_;  // holds the units of Literal()
};

}  // namespace define_internal

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_BOUND_ROWS_H_

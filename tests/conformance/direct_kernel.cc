// The catalog's kernels without a server, for tests that compare both: reads messages from its
// standard input (a uint32 length, then that many bytes) and answers each on its standard output.
// A message is a kernelserve.v1.PairwiseRequest with plain UTF8 columns, the answer a
// PairwiseResponse with INT64 or FLOAT64 scores.
//
// Each row is bound and run by itself, and nothing of server/ is linked: what is right here and
// wrong over the wire is the server's doing.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/catalog.h"
#include "kernels/kernel.h"
#include "kernels/result_block.h"
#include "kernelserve/v1/string_distance.pb.h"

namespace {

using kernelserve::Bytes;
using kernelserve::ColumnView;
using kernelserve::DataType;
namespace v1 = kernelserve::v1;

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "direct_kernel: %s\n", why.c_str());
  std::exit(1);
}

Bytes BytesOf(const std::string& text, size_t begin, size_t size) {
  return {reinterpret_cast<const uint8_t*>(text.data()) + begin, size};
}

bool IsNull(const v1::Column& column, size_t row) {
  const std::string& bits = column.validity();
  return !bits.empty() && ((bits[row / 8] >> (row % 8)) & 1) == 0;
}

// The one row of a plain UTF8 column.
ColumnView RowOf(const v1::Column& column, size_t row) {
  return {.type = DataType::kUtf8,
          .length = 1,
          .offsets = BytesOf(column.offsets(), row * sizeof(int32_t), 2 * sizeof(int32_t)),
          .values = BytesOf(column.values(), 0, column.values().size())};
}

std::vector<kernelserve::Parameter> ParametersOf(const v1::Scorer& scorer) {
  std::vector<kernelserve::Parameter> parameters;
  for (const v1::Parameter& parameter : scorer.parameters()) {
    if (parameter.has_real()) {
      parameters.push_back({parameter.name(), parameter.real()});
      continue;
    }
    if (parameter.has_integer()) {
      parameters.push_back({parameter.name(), int64_t{parameter.integer()}});
      continue;
    }
    const v1::Column& list = parameter.column();
    parameters.push_back(
        {parameter.name(), ColumnView{.type = DataType::kInt64,
                                      .length = list.length(),
                                      .values = BytesOf(list.values(), 0, list.values().size())}});
  }
  return parameters;
}

// The score of one row as eight bytes, int64 or double as `type` says.
std::string Score(const kernelserve::Kernel& kernel, const v1::PairwiseRequest& request,
                  DataType type, size_t row) {
  kernelserve::Binding binding{.parameters = ParametersOf(request.scorer()), .result_type = type};
  if (request.scorer().preprocessing() == v1::PREPROCESSING_DEFAULT_PROCESS) {
    binding.preprocessing = kernelserve::Preprocessing::kDefaultProcess;
  }
  if (request.scorer().has_score_cutoff()) binding.score_cutoff = request.scorer().score_cutoff();
  if (request.scorer().has_score_hint()) binding.score_hint = request.scorer().score_hint();
  const std::vector<ColumnView> columns = {RowOf(request.left(), row), RowOf(request.right(), row)};
  const auto bound = kernel.bind(binding, columns);
  if (!bound.ok()) Fail(bound.status().ToString());
  kernelserve::ResultBlock block(type, 1);
  const absl::Status status = (*bound)->Run(0, 1, {}, block);
  if (!status.ok()) Fail(status.ToString());
  return {reinterpret_cast<const char*>(block.values().data()), 8};
}

v1::PairwiseResponse Answer(const v1::PairwiseRequest& request) {
  const auto kernel = kernelserve::FindScorer(request.scorer().name(), "scorer.name");
  if (!kernel.ok()) Fail(kernel.status().ToString());
  const bool whole = (*kernel)->results.front() != DataType::kFloat64;
  v1::PairwiseResponse response;
  v1::Column& scores = *response.mutable_scores();
  scores.set_type(whole ? v1::DATA_TYPE_INT64 : v1::DATA_TYPE_FLOAT64);
  const size_t rows = request.left().length();
  scores.set_length(rows);
  scores.mutable_validity()->resize((rows + 7) / 8);
  for (size_t row = 0; row < rows; ++row) {
    if (IsNull(request.left(), row) || IsNull(request.right(), row)) {
      scores.mutable_values()->append(8, '\0');
      continue;
    }
    (*scores.mutable_validity())[row / 8] |= static_cast<char>(1 << (row % 8));
    scores.mutable_values()->append(
        Score(**kernel, request, whole ? DataType::kInt64 : DataType::kFloat64, row));
  }
  return response;
}

bool Read(void* to, size_t size) { return std::fread(to, 1, size, stdin) == size; }

}  // namespace

int main() {
  uint32_t size = 0;
  while (Read(&size, sizeof size)) {
    std::string message(size, '\0');
    v1::PairwiseRequest request;
    if (!Read(message.data(), size) || !request.ParseFromString(message)) Fail("no request");
    const std::string answer = Answer(request).SerializeAsString();
    size = static_cast<uint32_t>(answer.size());
    std::fwrite(&size, 1, sizeof size, stdout);
    std::fwrite(answer.data(), 1, answer.size(), stdout);
    std::fflush(stdout);
  }
}

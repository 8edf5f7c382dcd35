#include "server/cross/cross_request.h"

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kernels/column_reader.h"
#include "kernels/error.h"
#include "server/columns/decoder.h"
#include "server/limits.h"
#include "server/message.h"
#include "server/scorer.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

// The three requests number what they share alike.
using RequestFields = v1::TopKRequest;
constexpr bool Alike(int a, int b, int c) { return a == b && b == c; }
static_assert(Alike(RequestFields::kDigestFieldNumber, v1::CdistRequest::kDigestFieldNumber,
                    v1::JoinRequest::kDigestFieldNumber));
static_assert(Alike(RequestFields::kCollectionFieldNumber, v1::CdistRequest::kCollectionFieldNumber,
                    v1::JoinRequest::kCollectionFieldNumber));
static_assert(Alike(RequestFields::kQueriesFieldNumber, v1::CdistRequest::kQueriesFieldNumber,
                    v1::JoinRequest::kQueriesFieldNumber));
static_assert(Alike(RequestFields::kColumnFieldNumber, v1::CdistRequest::kColumnFieldNumber,
                    v1::JoinRequest::kColumnFieldNumber));

// Those that are not left to protobuf: columns, and what shares the oneof with one, since the last
// of them counts.
constexpr std::array<uint32_t, 5> kColumnFields = {
    RequestFields::kQueriesFieldNumber, RequestFields::kQueryCutoffsFieldNumber,
    RequestFields::kDigestFieldNumber, RequestFields::kCollectionFieldNumber,
    RequestFields::kColumnFieldNumber};

absl::Status ReadColumn(uint32_t number, Bytes encoded, CrossRequest* request) {
  using Choices = CrossRequest::Choices;
  switch (number) {
    case RequestFields::kQueriesFieldNumber:
      return DecodeColumn(encoded, &request->queries.view, &request->queries.spans);
    case RequestFields::kQueryCutoffsFieldNumber:
      if (request->method != CrossMethod::kTopK) return absl::OkStatus();
      if (!request->query_cutoffs) request->query_cutoffs.emplace();
      return DecodeColumn(encoded, &request->query_cutoffs->view, &request->query_cutoffs->spans);
    case RequestFields::kDigestFieldNumber:
      request->choices_by = Choices::kDigest;
      request->digest.assign(reinterpret_cast<const char*>(encoded.data()), encoded.size());
      return absl::OkStatus();
    case RequestFields::kCollectionFieldNumber:
      request->choices_by = Choices::kCollection;
      return absl::OkStatus();
    default:
      if (std::exchange(request->choices_by, Choices::kColumn) != Choices::kColumn) {
        request->choices = RequestColumn();
      }
      return DecodeColumn(encoded, &request->choices.view, &request->choices.spans);
  }
}

absl::Status ReadRest(const std::string& rest, CrossRequest* request) {
  switch (request->method) {
    case CrossMethod::kCdist: {
      v1::CdistRequest message;
      if (absl::Status status = ParseRest(rest, &message); !status.ok()) return status;
      request->options.Swap(message.mutable_options());
      return absl::OkStatus();
    }
    case CrossMethod::kTopK: {
      v1::TopKRequest message;
      if (absl::Status status = ParseRest(rest, &message); !status.ok()) return status;
      request->options.Swap(message.mutable_options());
      request->k = message.has_k() ? message.k() : kTopKDefault;
      return absl::OkStatus();
    }
    case CrossMethod::kJoin: {
      v1::JoinRequest message;
      if (absl::Status status = ParseRest(rest, &message); !status.ok()) return status;
      request->options.Swap(message.mutable_options());
      request->matches_max = message.matches_max();
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status Invalid(absl::string_view field, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "INVALID_ARGUMENT", .field = field}, message);
}

absl::Status BindScorer(CrossRequest* request) {
  absl::StatusOr<BoundScorer> scorer = DecodeScorer(request->options.scorer());
  if (!scorer.ok()) return InCrossOptions(scorer.status());
  request->kernel = scorer->kernel;
  request->binding = std::move(scorer->binding);
  const v1::ResultFormat& format = request->options.format();
  const absl::StatusOr<DataType> type = DecodeResultType(format.type(), "options.format.type");
  if (!type.ok()) return type.status();
  request->binding.result_type = *type;
  request->binding.row_errors = DecodeRowErrorPolicy(format.row_errors());
  if (request->method == CrossMethod::kJoin && !request->binding.score_cutoff) {
    return Invalid("options.scorer.score_cutoff",
                   "a join needs options.scorer.score_cutoff: it gives the pairs that pass it");
  }
  return absl::OkStatus();
}

absl::Status CheckTexts(const ColumnView& column, absl::string_view field,
                        Preprocessing preprocessing, uint64_t rows_max) {
  if (absl::Status status = ValidateLayout(column, field); !status.ok()) return status;
  if (absl::Status status = CheckTextColumn(column, field, preprocessing); !status.ok()) {
    return status;
  }
  if (column.length > rows_max) {
    return TooMuch("TOO_MANY_ROWS", field, column.length, rows_max, "rows");
  }
  return absl::OkStatus();
}

absl::Status CheckChoices(const CrossRequest& request, uint64_t rows_max) {
  switch (request.choices_by) {
    case CrossRequest::Choices::kColumn:
      return CheckTexts(request.choices.view, "choices", request.binding.preprocessing, rows_max);
    case CrossRequest::Choices::kDigest:
      return absl::OkStatus();
    case CrossRequest::Choices::kCollection:
      return MakeError(absl::StatusCode::kUnimplemented,
                       {.reason = "UNIMPLEMENTED", .field = "collection"},
                       "this server holds no collections yet: send the choices");
    case CrossRequest::Choices::kNone:
      if (request.options.symmetric()) return absl::OkStatus();
      return Invalid("choices", "choices are missing: send a column, or the digest of one");
  }
  return absl::OkStatus();
}

// Copies what of the columns lies in regions.
absl::Status FetchSpans(const SharedMemory& memory, CrossRequest* request) {
  std::vector<SpanBuffers::Source> sources;
  const auto add = [&sources](RequestColumn* column, absl::string_view field) {
    sources.push_back({&column->spans, &column->view, field});
  };
  add(&request->queries, "queries");
  if (request->query_cutoffs) add(&*request->query_cutoffs, "query_cutoffs");
  if (request->choices_by == CrossRequest::Choices::kColumn) add(&request->choices, "choices");
  if (absl::Status status = request->shared.emplace().Fetch(memory, sources); !status.ok()) {
    return status;
  }
  const v1::ResultFormat& format = request->options.format();
  if (request->method != CrossMethod::kCdist || !format.has_result_span()) return absl::OkStatus();
  absl::StatusOr<ResultPlace> place =
      ResultPlace::Begin(*memory.regions, format.result_span(), "options.format.result_span");
  if (!place.ok()) return place.status();
  request->result_place = *std::move(place);
  return absl::OkStatus();
}

absl::Status ReadRange(CrossRequest* request) {
  const uint64_t queries = request->queries.view.length;
  const uint64_t end = request->options.has_query_end() ? request->options.query_end() : queries;
  if (end > queries) {
    return OutOfRange("options.query_end", absl::StrCat("at most ", queries, ", the queries"), end);
  }
  if (request->options.query_begin() > end) {
    return OutOfRange("options.query_begin", absl::StrCat("at most ", end, ", where it ends"),
                      request->options.query_begin());
  }
  request->begin = request->options.query_begin();
  request->end = end;
  return absl::OkStatus();
}

absl::Status CheckCutoffs(const CrossRequest& request) {
  constexpr absl::string_view kField = "query_cutoffs";
  if (!request.query_cutoffs) return absl::OkStatus();
  const ColumnView& cutoffs = request.query_cutoffs->view;
  if (absl::Status status = ValidateLayout(cutoffs, kField); !status.ok()) return status;
  if (!cutoffs.repeat && cutoffs.length != request.queries.view.length) {
    return LengthMismatch(kField, cutoffs.length, "queries", request.queries.view.length);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InCrossOptions(absl::Status status) {
  status = InScorer(std::move(status));
  const std::string field = ErrorField(status);
  if (!absl::StartsWith(field, "scorer.") && !absl::StartsWith(field, "format.")) return status;
  return WithField(std::move(status), absl::StrCat("options.", field));
}

absl::Status DecodeCrossRequest(const grpc::ByteBuffer& bytes, const BatchEnvironment& environment,
                                CrossRequest* request) {
  absl::StatusOr<Buffer> copy = CopyBytes(bytes, environment.buffers);
  if (!copy.ok()) return copy.status();
  request->bytes = *std::move(copy);
  const absl::StatusOr<std::string> rest = SplitColumns(
      {request->bytes.data(), request->bytes.size()}, kColumnFields,
      [&](uint32_t number, Bytes encoded) { return ReadColumn(number, encoded, request); });
  if (!rest.ok()) return rest.status();
  if (absl::Status status = ReadRest(*rest, request); !status.ok()) return status;
  if (absl::Status status = BindScorer(request); !status.ok()) return status;
  absl::Status status = FetchSpans(environment.shared_memory, request);
  if (!status.ok()) return status;
  status = CheckTexts(request->queries.view, "queries", request->binding.preprocessing,
                      environment.rows_max);
  if (!status.ok()) return status;
  if (status = CheckChoices(*request, environment.rows_max); !status.ok()) return status;
  if (status = CheckCutoffs(*request); !status.ok()) return status;
  return ReadRange(request);
}

}  // namespace kernelserve::server

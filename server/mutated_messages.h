#ifndef KERNELSERVE_SERVER_MUTATED_MESSAGES_H_
#define KERNELSERVE_SERVER_MUTATED_MESSAGES_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "kernelserve/v1/fibonacci.pb.h"
#include "kernelserve/v1/kernel.pb.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/cross/cross_handler_fixture.h"

// For tests: requests of every method, right or nearly, and what makes them wrong in some places.
namespace kernelserve::server {

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  // A message, changed in some places; some of it may be of `other`.
  std::string Mutated(std::string message, const std::string& other) {
    do {
      Change(&message, other);
    } while (Below(3) > 0);
    return message;
  }

  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

 private:
  void Change(std::string* message, const std::string& other) {
    const size_t at = Below(message->size());
    switch (Below(8)) {
      case 0:  // a bit
        if (!message->empty()) (*message)[at] = static_cast<char>((*message)[at] ^ 1 << Below(8));
        break;
      case 1:  // a byte, of those at which something ends
        if (!message->empty()) (*message)[at] = "\x00\x01\x7f\x80\xff"[Below(5)];
        break;
      case 2:  // a number as offsets have it
        Overwrite(message, at, std::array<int32_t, 4>{-1, INT32_MAX, INT32_MIN, 1 << 20}[Below(4)]);
        break;
      case 3:  // a long varint, in place of some byte
        message->replace(at, 1, std::string(Below(10), '\xff') + static_cast<char>(Below(128)));
        break;
      case 4:
        message->erase(at, Below(16));
        break;
      case 5:
        message->resize(at);
        break;
      case 6:  // some of itself
        message->insert(at, message->substr(Below(message->size()), Below(64)));
        break;
      default:
        message->insert(at, other.substr(Below(other.size()), Below(64)));
    }
  }

  static void Overwrite(std::string* message, size_t at, int32_t number) {
    if (message->size() >= at + sizeof number) {
      std::memcpy(message->data() + at, &number, sizeof number);
    }
  }

  std::mt19937_64 random_;
};

inline v1::Column Views(const std::vector<std::string>& texts) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_UTF8_VIEW);
  column.set_length(texts.size());
  std::string& buffer = *column.add_view_buffers();
  for (const std::string& text : texts) {
    std::array<char, 16> view{};
    const auto size = static_cast<int32_t>(text.size());
    std::memcpy(view.data(), &size, sizeof size);
    if (size <= 12) {
      std::memcpy(view.data() + 4, text.data(), text.size());
    } else {
      const auto offset = static_cast<int32_t>(buffer.size());
      std::memcpy(view.data() + 12, &offset, sizeof offset);
      buffer += text;
    }
    column.mutable_values()->append(view.data(), view.size());
  }
  return column;
}

inline v1::Column Dictionary(const std::vector<std::string>& texts) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_UINT8);
  column.set_length(texts.size());
  column.set_bit_offset(3);
  column.set_validity("\xff\xff\xff\x7f");
  for (size_t i = 0; i < texts.size(); ++i) {
    column.mutable_values()->push_back(static_cast<char>(texts.size() - 1 - i));
  }
  *column.mutable_dictionary() = ColumnOf(texts);
  return column;
}

inline v1::Column Symbols(const std::vector<std::string>& texts) {
  v1::Column column = ColumnOf(texts);
  column.set_type(v1::DATA_TYPE_SYMBOLS);
  std::string units;
  for (const char unit : column.values()) units += {unit, '\0', '\0', '\0'};
  column.set_values(units);
  return column;
}

inline v1::Column Literal(const std::string& text) {
  v1::Column column = ColumnOf({text});
  column.set_repeat(true);
  return column;
}

inline v1::Column InRegions(const std::vector<std::string>& texts) {
  v1::Column column = ColumnOf(texts);
  for (v1::RegionSpan* span : {column.mutable_offsets_span(), column.mutable_values_span()}) {
    span->set_region("0123456789abcdef");
    span->set_offset(64);
    span->set_length(column.values().size());
  }
  return column;
}

inline v1::Column Separated(const std::vector<std::string>& texts) {
  v1::Column column = ColumnOf(texts);
  column.clear_offsets();
  column.set_values(absl::StrJoin(texts, absl::string_view("\0", 1)));
  column.set_separated(true);
  return column;
}

inline v1::Column Integers(const std::vector<int64_t>& numbers) {
  v1::Column column;
  column.set_type(v1::DATA_TYPE_INT64);
  column.set_length(numbers.size());
  column.set_values(numbers.data(), numbers.size() * sizeof(int64_t));
  return column;
}

inline const std::vector<std::string> kTexts = {"kitten",
                                                "",
                                                "a text of more than twelve bytes",
                                                "Stra\xc3\x9f"
                                                "e",
                                                "\xe6\x9d\xb1\xe4\xba\xac",
                                                "sitting"};

inline std::vector<v1::Column> Columns() {
  return {ColumnOf(kTexts),  Views(kTexts),     Dictionary(kTexts), Symbols(kTexts),
          Literal("kitten"), InRegions(kTexts), Separated(kTexts)};
}

inline std::vector<v1::Scorer> Scorers() {
  std::vector<v1::Scorer> scorers;
  for (const char* name : {"levenshtein.distance", "jaro_winkler.similarity", "fuzz.WRatio",
                           "fuzz.partial_ratio", "damerau_levenshtein.normalized_similarity"}) {
    scorers.emplace_back().set_name(name);
  }
  v1::Parameter* weights = scorers[0].add_parameters();
  weights->set_name("weights");
  *weights->mutable_column() = Integers({1, 2, 3});
  v1::Parameter* weight = scorers[1].add_parameters();
  weight->set_name("prefix_weight");
  weight->set_real(0.2);
  scorers[2].set_preprocessing(v1::PREPROCESSING_DEFAULT_PROCESS);
  scorers[3].set_score_cutoff(50);
  return scorers;
}

inline std::vector<v1::Scorer> ScorersThatAlign() {
  std::vector<v1::Scorer> scorers;
  for (const char* name :
       {"needleman_wunsch.score", "smith_waterman.score", "fuzz.partial_ratio"}) {
    scorers.emplace_back().set_name(name);
  }
  return scorers;
}

template <typename Request>
std::vector<std::string> Pairs(const std::vector<v1::Scorer>& scorers = Scorers()) {
  std::vector<std::string> messages;
  for (const v1::Scorer& scorer : scorers) {
    Request request;
    *request.mutable_scorer() = scorer;
    request.mutable_left()->set_utf8(kTexts[2]);
    for (const uint32_t unit : {115u, 105u, 0x10ffffu, 0xffffffffu}) {
      request.mutable_right()->mutable_symbols()->add_units(unit);
    }
    messages.push_back(request.SerializeAsString());
    request.mutable_right()->set_binary("\xff\x00 x");
    messages.push_back(request.SerializeAsString());
  }
  return messages;
}

inline std::vector<std::string> Pairwises() {
  std::vector<std::string> messages;
  for (const v1::Scorer& scorer : Scorers()) {
    for (const v1::Column& left : Columns()) {
      v1::PairwiseRequest request;
      *request.mutable_scorer() = scorer;
      request.mutable_format()->set_narrow(true);
      *request.mutable_left() = left;
      *request.mutable_right() = Views(kTexts);
      messages.push_back(request.SerializeAsString());
    }
  }
  return messages;
}

inline std::vector<std::string> Records() {
  std::vector<std::string> messages;
  for (const v1::Scorer& scorer : Scorers()) {
    for (const v1::Column& column : Columns()) {
      v1::PairwiseRecordsRequest request;
      for (int i = 0; i < 2; ++i) {
        v1::WeightedScorer* weighted = request.add_scorers();
        *weighted->mutable_scorer() = i == 0 ? scorer : Scorers()[1];
        weighted->mutable_scorer()->clear_score_cutoff();
        weighted->set_weight(1 + i);
        *request.add_left() = i == 0 ? column : Views(kTexts);
        *request.add_right() = Views(kTexts);
      }
      if (scorer.name() == "levenshtein.distance") {
        request.mutable_scorers(1)->mutable_scorer()->set_name("osa.distance");
        request.mutable_scorers(1)->mutable_scorer()->clear_parameters();
      }
      request.set_score_cutoff(0.5);
      request.set_null_score(0.25);
      *request.mutable_left_rows() = Integers({0, 1, 2, 3, 4, 5, 5, 0});
      *request.mutable_right_rows() = Integers({5, 4, 3, 2, 1, 0, 5, 0});
      messages.push_back(request.SerializeAsString());
    }
  }
  return messages;
}

inline std::vector<std::string> Runs() {
  std::vector<std::string> messages;
  for (const char* kernel : {"soundex", "metaphone", "default_process", "levenshtein.distance"}) {
    for (const v1::Column& column : Columns()) {
      v1::RunRequest request;
      request.set_kernel(kernel);
      *request.add_columns() = column;
      messages.push_back(request.SerializeAsString());
    }
  }
  v1::RunRequest request;
  request.set_kernel("fibonacci");
  request.set_row_errors(v1::ROW_ERROR_POLICY_NULL);
  *request.add_columns() = Integers({0, 42, 93, -1});
  messages.push_back(request.SerializeAsString());
  return messages;
}

template <typename Request>
std::vector<std::string> Crosses(const std::function<void(Request*)>& finish) {
  std::vector<std::string> messages;
  for (const v1::Scorer& scorer : Scorers()) {
    for (const v1::Column& choices : Columns()) {
      Request request;
      *request.mutable_options()->mutable_scorer() = scorer;
      *request.mutable_queries() = ColumnOf(kTexts);
      *request.mutable_column() = choices;
      finish(&request);
      messages.push_back(request.SerializeAsString());
    }
  }
  return messages;
}

inline std::vector<std::string> Cdists() {
  return Crosses<v1::CdistRequest>([](v1::CdistRequest* request) {
    request->mutable_options()->mutable_format()->set_type(v1::DATA_TYPE_FLOAT32);
    request->mutable_options()->set_query_end(5);
  });
}

inline std::vector<std::string> TopKs() {
  return Crosses<v1::TopKRequest>([](v1::TopKRequest* request) { request->set_k(2); });
}

inline std::vector<std::string> Joins() {
  return Crosses<v1::JoinRequest>([](v1::JoinRequest* request) {
    request->mutable_options()->mutable_scorer()->set_score_cutoff(3);
    request->set_matches_max(4);
  });
}

inline std::vector<std::string> Computes() {
  v1::ComputeRequest request;
  request.set_n(1000);
  request.set_modulus(1'000'000'007);
  return {request.SerializeAsString()};
}

inline std::vector<std::string> StreamTerms() {
  v1::StreamTermsRequest request;
  request.set_first(7);
  request.set_count(100);
  request.set_modulus(97);
  return {request.SerializeAsString()};
}

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_MUTATED_MESSAGES_H_

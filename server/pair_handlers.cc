#include "server/pair_handlers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kernels/catalog.h"
#include "kernels/column_reader.h"
#include "kernels/error.h"
#include "kernelserve/v1/string_distance.pb.h"
#include "server/scorer.h"
#include "server/text_column.h"

namespace kernelserve::server {
namespace {

// A request of a scorer and two texts, `left` and `right`.
template <typename Request, typename Response>
class PairHandler : public MessageHandler<Request, Response> {
 public:
  double cost_ns() const override { return cost_ns_; }
  uint64_t memory_bytes() const override { return memory_bytes_; }
  absl::string_view kernel() const override {
    return scorer_ != nullptr ? absl::string_view(scorer_->name) : absl::string_view();
  }

 protected:
  absl::Status DecodePair(const Request& request) {
    absl::StatusOr<BoundScorer> scorer = DecodeScorer(request.scorer());
    if (!scorer.ok()) return scorer.status();
    scorer_ = scorer->kernel;
    binding_ = std::move(scorer->binding);
    binding_.names_rows = false;
    left_.emplace(request.left());
    right_.emplace(request.right());
    columns_ = {left_->view(), right_->view()};
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<BoundKernel>> Bind() {
    absl::StatusOr<std::unique_ptr<BoundKernel>> bound = scorer_->bind(binding_, columns_);
    if (!bound.ok()) return InScorer(bound.status());
    return bound;
  }

  // For what a function of the kernel tells of the pair, which users know as `what`: an error where
  // the kernel has no such function, or where parameters or texts are wrong.
  template <typename Result>
  absl::Status Prepare(PairFunction<Result> Kernel::*function, absl::string_view what) {
    if (!(scorer_->*function)) return NotTold(function, what);
    if (absl::Status status = Bind().status(); !status.ok()) return status;
    const PairCost cost = (scorer_->*function).cost(left_->size(), right_->size());
    cost_ns_ = cost.ns;
    // The texts are decoded, preprocessed perhaps, and the kernel makes a copy of its own, of 4
    // bytes a unit at most each. There is the script, and then the reply as a message, three
    // numbers of 4 bytes an edit, and encoded: positions take up to 5 bytes, and a kind one.
    const uint64_t copies = binding_.preprocessing == Preprocessing::kNone ? 2 : 3;
    memory_bytes_ = copies * 4 * (left_->size() + right_->size()) + cost.bytes +
                    (Editops::kEditBytes + 3 * 4 + 5 + 5 + 1) * cost.edits;
    return absl::OkStatus();
  }

  // The texts in units, valid as long as the handler.
  absl::Status ReadTexts(Text* left, Text* right) {
    left_reader_.emplace(left_->view(), "left", binding_.preprocessing);
    right_reader_.emplace(right_->view(), "right", binding_.preprocessing);
    if (left_reader_->Read(0, left) == RowState::kInvalid) return left_reader_->error();
    if (right_reader_->Read(0, right) == RowState::kInvalid) return right_reader_->error();
    return absl::OkStatus();
  }

  const Kernel& scorer() const { return *scorer_; }
  Binding& binding() { return binding_; }
  void set_cost_ns(double cost_ns) { cost_ns_ = cost_ns; }

 private:
  // Names the scorers that have the function: of a metric's four forms, the distance.
  template <typename Result>
  absl::Status NotTold(PairFunction<Result> Kernel::*function, absl::string_view what) const {
    std::vector<std::string> names;
    for (const Kernel& other : Catalog()) {
      if (!(other.*function)) continue;
      const std::string metric = other.name.substr(0, other.name.rfind('.'));
      const std::string distance = absl::StrCat(metric, ".distance");
      const bool named = std::find(names.begin(), names.end(), distance) != names.end();
      if (!named) names.push_back(other.name);
    }
    const std::string bound = absl::StrJoin(names, ", ");
    return MakeError(
        absl::StatusCode::kUnimplemented,
        {.reason = "UNIMPLEMENTED", .field = "scorer.name", .bound = bound, .value = scorer_->name},
        absl::StrCat("the scorer '", scorer_->name, "' has no ", what, "; these have: ", bound));
  }

  const Kernel* scorer_ = nullptr;
  Binding binding_;
  std::optional<TextColumn> left_;
  std::optional<TextColumn> right_;
  std::array<ColumnView, 2> columns_;
  std::optional<TextReader> left_reader_;
  std::optional<TextReader> right_reader_;
  double cost_ns_ = 0;
  uint64_t memory_bytes_ = 0;
};

class CompareHandler final : public PairHandler<v1::CompareRequest, v1::CompareResponse> {
 protected:
  absl::Status Validate(const v1::CompareRequest& request) override {
    if (absl::Status status = DecodePair(request); !status.ok()) return status;
    // Whole scores may be large: int64 is what the reply holds.
    const auto& results = scorer().results;
    if (IsInteger(results.front()) &&
        std::find(results.begin(), results.end(), DataType::kInt64) != results.end()) {
      binding().result_type = DataType::kInt64;
    }
    absl::StatusOr<std::unique_ptr<BoundKernel>> bound = Bind();
    if (!bound.ok()) return bound.status();
    bound_ = *std::move(bound);
    set_cost_ns(bound_->CostNs(1));
    return absl::OkStatus();
  }

  absl::Status Compute(const v1::CompareRequest& request, StopToken stop,
                       v1::CompareResponse* response) override {
    ResultBlock block(bound_->result_type(), 1);
    if (absl::Status status = bound_->Run(0, 1, stop, block); !status.ok()) return status;
    const uint8_t* value = block.values().data();
    switch (block.type()) {
      case DataType::kInt64:
        response->mutable_score()->set_integer(LoadUnaligned<int64_t>(value, 0));
        break;
      case DataType::kInt32:
        response->mutable_score()->set_integer(LoadUnaligned<int32_t>(value, 0));
        break;
      default:
        response->mutable_score()->set_real(LoadUnaligned<double>(value, 0));
        break;
    }
    return absl::OkStatus();
  }

 private:
  std::unique_ptr<BoundKernel> bound_;
};

v1::EditKind EncodeEditKind(EditKind kind) {
  switch (kind) {
    case EditKind::kInsertion:
      return v1::EDIT_KIND_INSERT;
    case EditKind::kDeletion:
      return v1::EDIT_KIND_DELETE;
    case EditKind::kSubstitution:
      return v1::EDIT_KIND_REPLACE;
    case EditKind::kTransposition:
      return v1::EDIT_KIND_TRANSPOSE;
  }
  return v1::EDIT_KIND_UNSPECIFIED;
}

void EncodeEditops(const Editops& edits, v1::EditScriptResponse* script) {
  script->mutable_kinds()->Reserve(static_cast<int>(edits.size()));
  for (const EditKind kind : edits.kinds) script->add_kinds(EncodeEditKind(kind));
  script->mutable_left_positions()->Assign(edits.left_positions.begin(),
                                           edits.left_positions.end());
  script->mutable_right_positions()->Assign(edits.right_positions.begin(),
                                            edits.right_positions.end());
}

class EditScriptHandler final : public PairHandler<v1::EditScriptRequest, v1::EditScriptResponse> {
 protected:
  absl::Status Validate(const v1::EditScriptRequest& request) override {
    if (absl::Status status = DecodePair(request); !status.ok()) return status;
    return Prepare(&Kernel::editops, "edit script");
  }

  absl::Status Compute(const v1::EditScriptRequest& request, StopToken stop,
                       v1::EditScriptResponse* response) override {
    Text left;
    Text right;
    if (absl::Status status = ReadTexts(&left, &right); !status.ok()) return status;
    const absl::StatusOr<Editops> edits = scorer().editops.run(binding(), left, right, stop);
    if (!edits.ok()) return edits.status();
    response->set_left_length(left.size());
    response->set_right_length(right.size());
    EncodeEditops(*edits, response);
    return absl::OkStatus();
  }
};

class AlignHandler final : public PairHandler<v1::AlignRequest, v1::AlignResponse> {
 protected:
  absl::Status Validate(const v1::AlignRequest& request) override {
    if (absl::Status status = DecodePair(request); !status.ok()) return status;
    return Prepare(&Kernel::align, "alignment");
  }

  absl::Status Compute(const v1::AlignRequest& request, StopToken stop,
                       v1::AlignResponse* response) override {
    Text left;
    Text right;
    if (absl::Status status = ReadTexts(&left, &right); !status.ok()) return status;
    const absl::StatusOr<std::optional<Alignment>> aligned =
        scorer().align.run(binding(), left, right, stop);
    if (!aligned.ok()) return aligned.status();
    if (!aligned->has_value()) return absl::OkStatus();
    const Alignment& found = **aligned;
    if (IsInteger(scorer().results.front())) {
      response->mutable_score()->set_integer(static_cast<int64_t>(found.score));
    } else {
      response->mutable_score()->set_real(found.score);
    }
    response->set_left_begin(found.left_begin);
    response->set_left_end(found.left_end);
    response->set_right_begin(found.right_begin);
    response->set_right_end(found.right_end);
    if (found.script) {
      EncodeEditops(*found.script, response->mutable_script());
      response->mutable_script()->set_left_length(found.left_end - found.left_begin);
      response->mutable_script()->set_right_length(found.right_end - found.right_begin);
    }
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<UnaryHandler> MakeCompareHandler() { return std::make_unique<CompareHandler>(); }

std::unique_ptr<UnaryHandler> MakeEditScriptHandler() {
  return std::make_unique<EditScriptHandler>();
}

std::unique_ptr<UnaryHandler> MakeAlignHandler() { return std::make_unique<AlignHandler>(); }

}  // namespace kernelserve::server

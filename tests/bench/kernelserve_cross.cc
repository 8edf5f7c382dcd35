#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "kernels/catalog.h"
#include "kernels/data_type.h"
#include "kernels/kernel.h"
#include "kernels/stop_token.h"
#include "kernels/string_distance/cross.h"
#include "kernels/string_distance/score_matrix.h"
#include "kernels/text_scorer.h"
#include "kernels/texts.h"
#include "tests/bench/kernel_race.h"

namespace kernelserve {
namespace {

// All queries by all choices, some queries at a time, as a call on the server is cut into tasks.
// That choices are made ready is part of each run.
class ByBlocks : public Entrant {
 public:
  ByBlocks(std::unique_ptr<TextScorer> scorer, const Pairs& pairs)
      : scorer_(std::move(scorer)),
        queries_(std::vector<Text>(pairs.queries().begin(), pairs.queries().end())),
        choices_(pairs.right) {
    // The narrowest types that hold these scores: what one asks for a matrix of them.
    const DataType type = scorer_->is_whole() ? DataType::kUint8 : DataType::kFloat32;
    for (size_t first = 0; first < queries_.size(); first += kBlockQueries) {
      blocks_.emplace_back(type, std::min(kBlockQueries, queries_.size() - first), choices_.size());
    }
  }

  void Run() override {
    const Choices choices{Texts(choices_)};
    const Cross cross(*scorer_, queries_, choices);
    size_t first = 0;
    for (ScoreMatrix& block : blocks_) {
      const absl::Status status = cross.Scores(first, first + block.queries(), StopToken(), &block);
      if (!status.ok()) std::abort();  // no scorer here refuses a pair
      first += block.queries();
    }
  }

  std::vector<double> Scores() const override {
    std::vector<double> scores;
    for (const ScoreMatrix& block : blocks_) {
      if (block.type() == DataType::kUint8) {
        AppendAs<uint8_t>(block.values(), &scores);
      } else {
        AppendAs<float>(block.values(), &scores);
      }
    }
    return scores;
  }

 private:
  static constexpr size_t kBlockQueries = 500;

  template <typename Number>
  static void AppendAs(std::span<const uint8_t> bytes, std::vector<double>* scores) {
    for (size_t at = 0; at < bytes.size(); at += sizeof(Number)) {
      Number score;
      std::memcpy(&score, &bytes[at], sizeof(score));
      scores->push_back(static_cast<double>(score));
    }
  }

  std::unique_ptr<TextScorer> scorer_;
  Texts queries_;
  std::vector<Text> choices_;
  std::vector<ScoreMatrix> blocks_;
};

}  // namespace

std::unique_ptr<Entrant> KernelserveCross(std::string_view scorer, const Pairs& pairs,
                                          std::optional<double> score_cutoff) {
  const absl::StatusOr<const Kernel*> kernel = FindScorer({scorer.data(), scorer.size()}, "scorer");
  if (!kernel.ok()) return nullptr;
  auto bound = (*kernel)->bind_scorer({.score_cutoff = score_cutoff});
  if (!bound.ok()) return nullptr;
  return std::make_unique<ByBlocks>(*std::move(bound), pairs);
}

}  // namespace kernelserve

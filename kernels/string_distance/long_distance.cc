#include "kernels/string_distance/long_distance.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "kernels/string_distance/common_affix.h"
#include "kernels/string_distance/short_block.h"
#include "kernels/string_distance/unit_ids.h"

namespace kernelserve {
namespace {

constexpr size_t kBlock = 64;  // columns, a word of carries

// The least band that is tried: narrower ones take hardly less, as columns come in blocks.
constexpr int64_t kBandMin = 64;
// The next one is as wide as the last one's rows let expect, and at most so many times as wide, as
// texts may differ in their first rows only.
constexpr int64_t kBandGrowthMax = 16;
// Nor is one tried that takes over so great a part of the columns.
constexpr int64_t kWholeOfBand = 4;
// Up to so many stripes, the whole matrix takes little more than finding out about a band.
constexpr int64_t kWholeStripes = 2;

}  // namespace

void LongDistance::Block(TextColumn left, std::span<const Text> right, const ScoreCutoffs& cutoffs,
                         std::span<int64_t> out, int64_t hint) {
  if (!AnyNotShort(out)) return;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == kNotShort) out[i] = Of(left[i], right[i], cutoffs[i], hint);
  }
}

int64_t LongDistance::Of(Text left, Text right, int64_t cutoff, int64_t hint) {
  // A transposition never needs what both texts share, either.
  StripCommonAffix(&left, &right);
  if (left.size() > right.size()) std::swap(left, right);
  if (left.size() <= kTwoWordUnits) return OfShort(left, right, cutoff);
  SetTexts(left, right);
  cutoff = std::min(cutoff, metric_ == Metric::kIndel ? m_ + n_ : n_);
  if (n_ - m_ > cutoff) return cutoff + 1;
  int64_t k = cutoff;
  if (hint != kNoHint) {
    k = std::max(hint, kBandMin);
  } else if (m_ > kWholeStripes * static_cast<int64_t>(kBlock * StripeWords())) {
    k = kBandMin;
  }
  k = std::max(k, n_ - m_);
  while (k < cutoff) {
    const Attempt attempt = Try(k);
    if (attempt.distance <= k || stop_.stopped()) return attempt.distance;
    k = std::clamp(attempt.expected + attempt.expected / 4, 2 * k, kBandGrowthMax * k);
    if (k > n_ / kWholeOfBand) k = cutoff;
  }
  return WithCutoff(Try(cutoff).distance, cutoff);
}

int64_t LongDistance::OfShort(Text left, Text right, int64_t cutoff) const {
  int64_t distance;
  const auto block = metric_ == Metric::kLevenshtein ? LevenshteinShortBlock
                     : metric_ == Metric::kOsa       ? OsaShortBlock
                                                     : IndelShortBlock;
  block(TextColumn(&left), std::span(&right, 1), {.each = {}, .all = cutoff},
        std::span(&distance, 1), stop_);
  return distance;
}

void LongDistance::SetTexts(Text pattern, Text text) {
  m_ = static_cast<int64_t>(pattern.size());
  n_ = static_cast<int64_t>(text.size());
  pattern_ids_.clear();
  if (pattern.width() == 1 && text.width() == 1) {
    pattern_bytes_ = pattern.units<uint8_t>();
    text_bytes_ = text.units<uint8_t>();
    slot_of_.assign(256, 0);
    return;
  }
  UnitIds ids(pattern.size());
  pattern_ids_.resize(pattern.size());
  text_ids_.resize(text.size());
  pattern.Visit([&](auto units) {
    for (size_t i = 0; i < units.size(); ++i) pattern_ids_[i] = ids.FindOrAdd(units[i]);
  });
  text.Visit([&](auto units) {
    for (size_t i = 0; i < units.size(); ++i) text_ids_[i] = ids.Find(units[i]);
  });
  slot_of_.assign(ids.end(), 0);
}

LongDistance::Attempt LongDistance::Try(int64_t k) {
  const int64_t given = k;
  const size_t words = StripeWords();
  const auto stripe_rows = static_cast<int64_t>(kBlock * words);
  const size_t blocks = (static_cast<size_t>(n_) + kBlock - 1) / kBlock;
  // Row 0.
  for (std::vector<uint64_t>& bits : carries_) bits.assign(blocks, 0);
  if (metric_ != Metric::kIndel) std::fill(carries_[0].begin(), carries_[0].end(), ~uint64_t{0});
  Row row = {0, 0, blocks, 0};
  int64_t last_row = (m_ - 1) % stripe_rows + 1;
  for (;;) {
    int64_t least;
    size_t end;
    const bool reachable = Narrow(&row, &k, &least, &end);
    const int64_t expected =
        row.number == 0
            ? least
            : static_cast<int64_t>(static_cast<double>(least) *
                                   (static_cast<double>(m_) / static_cast<double>(row.number)));
    if (!reachable) return {given + 1, expected};
    if (row.number == m_) break;
    // Over the end of what was computed, cells are taken to rise by one a column.
    for (size_t block = row.end; block < end; ++block) {
      carries_[0][block] = metric_ == Metric::kIndel ? 0 : ~uint64_t{0};
      carries_[1][block] = carries_[2][block] = 0;
    }
    row.end = end;
    if (pattern_ids_.empty()) {
      Compute(pattern_bytes_, text_bytes_, last_row - stripe_rows, row);
    } else {
      Compute(std::span<const uint32_t>(pattern_ids_), std::span<const uint32_t>(text_ids_),
              last_row - stripe_rows, row);
    }
    if (stop_.stopped()) return {given + 1, given};
    row.score += last_row - row.number;
    row.number = last_row;
    last_row += stripe_rows;
  }
  if (row.end < blocks) return {given + 1, given};
  int64_t distance = row.score;
  for (size_t block = row.begin; block < row.end; ++block) {
    distance += std::popcount(Rises(block)) - std::popcount(Falls(block));
  }
  return {distance, distance};
}

// Leaves out what is before the first needed cell of the row, and lowers k where a path is found to
// be cheaper. Sets *end to the end of the columns that the next stripe needs. False: the distance
// is over k, at least *least.
bool LongDistance::Narrow(Row* row, int64_t* k, int64_t* least, size_t* end) const {
  const auto stripe_rows = static_cast<int64_t>(kBlock * StripeWords());
  const int64_t rest_rows = m_ - row->number;
  const int64_t diagonal = n_ - rest_rows;  // the column from which one gets to the end by matches
  Row needed = {row->number, row->end, row->end, 0};
  int64_t last = 0;
  int64_t score = row->score;
  *least = std::numeric_limits<int64_t>::max();
  for (size_t block = row->begin; block < row->end; ++block) {
    const auto first_column = static_cast<int64_t>(kBlock * block);
    const int64_t last_column = std::min(first_column + static_cast<int64_t>(kBlock), n_);
    const int64_t falls = std::popcount(Falls(block));
    // No path through a cell of the block costs less.
    const int64_t apart = std::max({int64_t{0}, first_column - diagonal, diagonal - last_column});
    const int64_t cost = score - falls + apart;
    *least = std::min(*least, cost);
    if (cost <= *k) {
      if (needed.begin == row->end) {
        needed.begin = block;
        needed.score = score;
      }
      // A path to the right of both this block and the diagonal costs one to get there, and one
      // to get back.
      last = std::max(last, std::max(last_column, diagonal) + (*k - cost) / 2);
    }
    score += std::popcount(Rises(block)) - falls;
    const int64_t rest_columns = n_ - last_column;
    *k = std::min(*k, score + (metric_ == Metric::kIndel ? rest_rows + rest_columns
                                                         : std::max(rest_rows, rest_columns)));
  }
  if (needed.begin == row->end) return false;
  row->begin = needed.begin;
  row->score = needed.score;
  const int64_t reached = std::min(last + stripe_rows, n_);
  *end = (static_cast<size_t>(reached) + kBlock - 1) / kBlock;
  return true;
}

template <typename Id>
void LongDistance::Compute(std::span<const Id> pattern, std::span<const Id> text, int64_t first_row,
                           const Row& row) {
  const size_t words = StripeWords();
  const auto padding = static_cast<size_t>(row.number - first_row);
  const auto first = static_cast<size_t>(row.number);
  const size_t count = kBlock * words - padding;
  const auto stripe_pattern = pattern.subspan(first, count);
  const size_t begin = kBlock * row.begin;
  const auto stripe_text = text.subspan(begin, std::min(kBlock * row.end, text.size()) - begin);

  uint64_t* const rows = Rows(count + 1);
  std::fill_n(rows, words, 0);
  uint16_t slots = 1;
  for (size_t i = 0; i < count; ++i) {
    uint16_t& slot = slot_of_[stripe_pattern[i]];
    if (slot == 0) {
      slot = slots++;
      std::fill_n(rows + slot * words, words, 0);
    }
    const size_t row_of_stripe = padding + i;
    rows[slot * words + words - 1 - row_of_stripe / kBlock] |= uint64_t{1}
                                                               << row_of_stripe % kBlock;
  }
  alignas(kStripeWordsMax * sizeof(uint64_t)) std::array<uint64_t, kStripeWordsMax> real{};
  for (size_t word = padding / kBlock; word < words; ++word) real[words - 1 - word] = ~uint64_t{0};
  real[words - 1 - padding / kBlock] <<= padding % kBlock;
  slots_.resize(stripe_text.size());
  for (size_t i = 0; i < stripe_text.size(); ++i) slots_[i] = slot_of_[stripe_text[i]];
  Run({.rows = rows,
       .real = real.data(),
       .slots = slots_.data(),
       .columns = stripe_text.size(),
       .carries = {&carries_[0][row.begin], &carries_[1][row.begin], &carries_[2][row.begin]}});
  for (const Id id : stripe_pattern) slot_of_[id] = 0;
}

// Room for as many rows of masks.
uint64_t* LongDistance::Rows(size_t count) {
  const size_t words = count * StripeWords();
  if (words > rows_words_) {
    const size_t size = words / kStripeWordsMax + 1;
    rows_ = std::make_unique_for_overwrite<Words[]>(size);
    rows_words_ = size * kStripeWordsMax;
  }
  return rows_[0].words;
}

void LongDistance::Run(const Stripe& stripe) const {
  switch (metric_) {
    case Metric::kLevenshtein:
      return LevenshteinStripe(stripe, stop_);
    case Metric::kOsa:
      return OsaStripe(stripe, stop_);
    case Metric::kIndel:
      return IndelStripe(stripe, stop_);
  }
}

uint64_t LongDistance::Rises(size_t block) const {
  const uint64_t bits = carries_[0][block];
  return (metric_ == Metric::kIndel ? ~bits : bits) & Columns(block);
}

uint64_t LongDistance::Falls(size_t block) const {
  return (metric_ == Metric::kIndel ? carries_[0][block] : carries_[1][block]) & Columns(block);
}

uint64_t LongDistance::Columns(size_t block) const {
  const size_t rest = static_cast<size_t>(n_) - kBlock * block;
  return rest < kBlock ? ~uint64_t{0} >> (kBlock - rest) : ~uint64_t{0};
}

// Fitted to kernels/catalog_benchmark.cc in AVX-512, whose stripes have 512 rows.
double LongDistanceCostNs(size_t left_size, size_t right_size, double word_ns,
                          double score_cutoff) {
  if (std::min(left_size, right_size) <= kTwoWordUnits) {
    return ShortBlockCostNs(left_size, right_size, word_ns);
  }
  constexpr double kPairNs = 1000;
  constexpr double kUnitNs = 5;  // for tables
  constexpr double kStripeRows = kBlock * kStripeWordsMax;
  const double stripe_ns = 1.5 * word_ns;
  const auto shorter = static_cast<double>(std::min(left_size, right_size));
  const auto longer = static_cast<double>(std::max(left_size, right_size));
  const double columns = std::min(longer, kStripeRows + kBlock + score_cutoff);
  return kPairNs + kUnitNs * longer + (1 + shorter / kStripeRows) * columns * stripe_ns;
}

}  // namespace kernelserve

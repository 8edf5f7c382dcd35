#include "kernels/string_distance/hyyro_band.h"

#include <algorithm>
#include <bit>

namespace kernelserve {

HyyroBand::HyyroBand(size_t m, size_t n, int64_t k)
    : m_(static_cast<int64_t>(m)),
      n_(static_cast<int64_t>(n)),
      k_(std::min(k, std::max(m_, n_))),
      words_((m + 63) / 64, Word{~uint64_t{0}, 0}),
      scores_(words_.size()) {
  for (size_t i = 0; i < scores_.size(); ++i) scores_[i] = Bottom(i);
  // Column 0: D[i][0] = i, so that i + |(m - i) - n| <= k holds down to this row.
  const int64_t lowest = std::clamp<int64_t>((k_ + m_ - n_) / 2, 1, m_);
  last_ = static_cast<size_t>(lowest - 1) / 64;
}

// Steps and names as in Hyyrö's paper; a carry is what its figure shifts in from the word above.
inline void HyyroBand::Step(size_t index, uint64_t matches, Carry* carry) {
  Word& word = words_[index];
  // Step 1: the diagonal zeros.
  const uint64_t x = matches | carry->hn;
  const uint64_t d0 = (((x & word.vp) + word.vp) ^ word.vp) | x | word.vn;
  // Step 2: horizontal differences.
  uint64_t hp = word.vn | ~(d0 | word.vp);
  uint64_t hn = d0 & word.vp;
  // Step 3: those of the bottom row go to the next word.
  const unsigned bottom = index + 1 == words_.size() ? static_cast<unsigned>((m_ - 1) % 64) : 63;
  const Carry out = {(hp >> bottom) & 1, (hn >> bottom) & 1};
  // Step 4: vertical differences.
  hp = (hp << 1) | carry->hp;
  hn = (hn << 1) | carry->hn;
  word.vp = hn | ~(d0 | hp);
  word.vn = hp & d0;
  scores_[index] += static_cast<int64_t>(out.hp) - static_cast<int64_t>(out.hn);
  *carry = out;
}

bool HyyroBand::Advance(const uint64_t* row) {
  ++column_;
  // Above the first row, cells rise by one a column; above the band, they are taken to.
  Carry carry = {1, 0};
  for (size_t i = first_; i <= last_; ++i) Step(i, row[i], &carry);

  // From the band's bottom cell, going straight to the end is a way.
  const int64_t bottom = Bottom(last_);
  k_ = std::min(k_, scores_[last_] + std::max(m_ - bottom, n_ - static_cast<int64_t>(column_)));

  // A needed path can enter the word below from its neighbours above, at a match for one less. One
  // word a column is enough: a path that went down through all of it would have been needed
  // in the column before.
  if (last_ + 1 < words_.size() && LeastThrough(bottom + 1, scores_[last_] - 1) <= k_) {
    const int64_t before =
        scores_[last_] - static_cast<int64_t>(carry.hp) + static_cast<int64_t>(carry.hn);
    ++last_;
    words_[last_] = {~uint64_t{0}, 0};
    scores_[last_] = before + Bottom(last_) - bottom;
    Step(last_, row[last_], &carry);
  }
  while (Unneeded(last_)) {
    if (last_ == first_) return false;
    --last_;
  }
  while (first_ < last_ && Unneeded(first_)) ++first_;
  return true;
}

int64_t HyyroBand::ScoreAbove() const {
  const auto rows = static_cast<unsigned>(Bottom(first_) - static_cast<int64_t>(64 * first_));
  const uint64_t mask = ~uint64_t{0} >> (64 - rows);
  return scores_[first_] - std::popcount(words_[first_].vp & mask) +
         std::popcount(words_[first_].vn & mask);
}

}  // namespace kernelserve

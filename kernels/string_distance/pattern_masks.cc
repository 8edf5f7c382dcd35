#include "kernels/string_distance/pattern_masks.h"

#include <algorithm>

namespace kernelserve {
namespace {

// A unit has a row of its own where it occurs at least once in so many words of the pattern: rows
// then have at most kWordsAnOccurrence * 64 * words() words in all, and a list is at most that much
// shorter than the row it stands for.
constexpr size_t kWordsAnOccurrence = 8;

}  // namespace

PatternMasks::PatternMasks(Text pattern)
    : size_(pattern.size()), words_((size_ + kWordBits - 1) / kWordBits), ids_(size_) {
  // Numbers in order of appearance, and how often each appears.
  std::vector<uint32_t> id_at(size_);
  std::vector<uint32_t> occurrences(1);
  pattern.Visit([&](auto units) {
    for (size_t i = 0; i < units.size(); ++i) {
      const uint32_t id = ids_.FindOrAdd(units[i]);
      id_at[i] = id;
      if (id == occurrences.size()) occurrences.push_back(0);
      ++occurrences[id];
    }
  });

  // Numbers again: those with rows first.
  std::vector<uint32_t> renumbered(ids_.end());
  for (uint32_t id = 1; id < renumbered.size(); ++id) {
    if (occurrences[id] * kWordsAnOccurrence >= words_) renumbered[id] = dense_++;
  }
  uint32_t next = dense_;
  for (uint32_t id = 1; id < renumbered.size(); ++id) {
    if (renumbered[id] == 0) renumbered[id] = next++;
  }
  ids_.Renumber(renumbered);

  entries_begin_.assign(ids_.end() - dense_ + 1, 0);
  for (uint32_t id = 1; id < renumbered.size(); ++id) {
    if (renumbered[id] >= dense_) entries_begin_[renumbered[id] - dense_ + 1] = occurrences[id];
  }
  for (size_t i = 1; i < entries_begin_.size(); ++i) entries_begin_[i] += entries_begin_[i - 1];
  entries_.resize(entries_begin_.back());
  std::vector<uint32_t> filled(entries_begin_.begin(), entries_begin_.end() - 1);
  rows_.resize(dense_ * words_);
  for (size_t i = 0; i < size_; ++i) {
    const size_t word = i / kWordBits;
    const uint64_t bit = uint64_t{1} << (i % kWordBits);
    const uint32_t id = renumbered[id_at[i]];
    if (id < dense_) {
      rows_[id * words_ + word] |= bit;
    } else {
      entries_[filled[id - dense_]++] = {static_cast<uint32_t>(word), bit};
    }
  }
}

const uint64_t* PatternMasks::Reader::SparseRow(uint32_t id, size_t first, size_t last) {
  scratch_.resize(masks_.words_);
  for (const uint32_t word : touched_) scratch_[word] = 0;
  touched_.clear();
  const auto begin = masks_.entries_.begin() + masks_.entries_begin_[id - masks_.dense_];
  const auto end = masks_.entries_.begin() + masks_.entries_begin_[id - masks_.dense_ + 1];
  auto entry = std::lower_bound(begin, end, first,
                                [](const Entry& e, size_t word) { return e.word < word; });
  for (; entry != end && entry->word <= last; ++entry) {
    scratch_[entry->word] |= entry->bits;
    touched_.push_back(entry->word);
  }
  return scratch_.data();
}

}  // namespace kernelserve

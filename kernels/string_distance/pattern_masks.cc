#include "kernels/string_distance/pattern_masks.h"

#include <algorithm>

namespace kernelserve {
namespace {

constexpr size_t kSlotsMin = 16;

// A unit has a row of its own where it occurs at least once in so many words of the pattern: rows
// then have at most kWordsAnOccurrence * 64 * words() words in all, and a list is at most that much
// shorter than the row it stands for.
constexpr size_t kWordsAnOccurrence = 8;

}  // namespace

PatternMasks::PatternMasks(Text pattern)
    : size_(pattern.size()), words_((size_ + kWordBits - 1) / kWordBits) {
  // Numbers in order of appearance, and how often each appears.
  std::vector<uint32_t> id_at(size_);
  std::vector<uint32_t> occurrences(1);
  pattern.Visit([&](auto units) {
    for (size_t i = 0; i < units.size(); ++i) {
      const uint32_t id = FindOrAdd(units[i]);
      id_at[i] = id;
      if (id == occurrences.size()) occurrences.push_back(0);
      ++occurrences[id];
    }
  });

  // Numbers again: those with rows first.
  std::vector<uint32_t> renumbered(ids_);
  for (uint32_t id = 1; id < ids_; ++id) {
    if (occurrences[id] * kWordsAnOccurrence >= words_) renumbered[id] = dense_++;
  }
  uint32_t next = dense_;
  for (uint32_t id = 1; id < ids_; ++id) {
    if (renumbered[id] == 0) renumbered[id] = next++;
  }
  for (uint32_t& id : latin1_) id = renumbered[id];
  for (Slot& slot : slots_) slot.id = renumbered[slot.id];

  entries_begin_.assign(ids_ - dense_ + 1, 0);
  for (uint32_t id = 1; id < ids_; ++id) {
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

size_t PatternMasks::bytes() const {
  return slots_.capacity() * sizeof(Slot) + rows_.capacity() * sizeof(uint64_t) +
         entries_begin_.capacity() * sizeof(uint32_t) + entries_.capacity() * sizeof(Entry);
}

// Seeded with an address that differs from process to process, so that a client can't tell which
// units collide.
size_t PatternMasks::Hash(uint32_t unit) const {
  static const char seed = 0;
  uint64_t hash = (unit ^ reinterpret_cast<uintptr_t>(&seed)) * 0x9E3779B97F4A7C15;
  hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
  return (hash >> 32) & (slots_.size() - 1);
}

uint32_t PatternMasks::FindOther(uint32_t unit) const {
  if (slots_.empty()) return 0;
  size_t at = Hash(unit);
  while (slots_[at].id != 0 && slots_[at].unit != unit) at = (at + 1) & (slots_.size() - 1);
  return slots_[at].id;
}

uint32_t PatternMasks::FindOrAdd(uint32_t unit) {
  if (unit < latin1_.size()) {
    if (latin1_[unit] == 0) latin1_[unit] = ids_++;
    return latin1_[unit];
  }
  if (const uint32_t id = FindOther(unit); id != 0) return id;
  // Some of the ids are Latin-1 units': the slots may be emptier than half, never fuller.
  if (2 * size_t{ids_} > slots_.size()) GrowSlots();
  size_t at = Hash(unit);
  while (slots_[at].id != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = {unit, ids_};
  return ids_++;
}

void PatternMasks::GrowSlots() {
  size_t size = std::max(kSlotsMin, 2 * slots_.size());
  while (size < 4 * size_t{ids_}) size *= 2;
  std::vector<Slot> old(size);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.id == 0) continue;
    size_t at = Hash(slot.unit);
    while (slots_[at].id != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
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

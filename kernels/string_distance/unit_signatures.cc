#include "kernels/string_distance/unit_signatures.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kernelserve {
namespace {

constexpr int kBits = 64;
// Of a class, no text's units are counted further than this.
constexpr size_t kCountMax = 32;

}  // namespace

UnitSignatures::UnitSignatures(std::span<const Text> sample) {
  ChooseClasses(sample);
  ChooseBits(sample);
}

void UnitSignatures::ChooseClasses(std::span<const Text> sample) {
  absl::flat_hash_map<uint32_t, uint32_t> occurrences;
  for (const Text& text : sample) {
    text.Visit([&](auto units) {
      for (const auto unit : units) ++occurrences[unit];
    });
  }
  std::vector<std::pair<uint32_t, uint32_t>> by_frequency;  // (occurrences, unit)
  by_frequency.reserve(occurrences.size());
  for (const auto& [unit, count] : occurrences) by_frequency.emplace_back(count, unit);
  const size_t own = std::min(kOwnClasses, by_frequency.size());
  std::partial_sort(by_frequency.begin(), by_frequency.begin() + static_cast<ptrdiff_t>(own),
                    by_frequency.end(), std::greater<>());
  for (size_t unit = 0; unit < latin1_.size(); ++unit) {
    latin1_[unit] = static_cast<uint8_t>(SharedClass(static_cast<uint32_t>(unit)));
  }
  for (size_t i = 0; i < own; ++i) {
    const uint32_t unit = by_frequency[i].second;
    if (unit < latin1_.size()) {
      latin1_[unit] = static_cast<uint8_t>(i);
    } else {
      own_classes_[unit] = static_cast<uint8_t>(i);
    }
  }
}

void UnitSignatures::ChooseBits(std::span<const Text> sample) {
  // texts[c][n]: how many texts have more than n units of class c.
  std::array<std::array<uint32_t, kCountMax>, kClasses> texts{};
  for (const Text& text : sample) {
    std::array<uint8_t, kClasses> seen{};
    text.Visit([&](auto units) {
      for (const auto unit : units) {
        const size_t c = ClassOf(unit);
        if (seen[c] < kCountMax) ++texts[c][seen[c]++];
      }
    });
  }
  // (how nearly half of the texts have it, class, count): as fewer texts have more of a class,
  // those chosen of one class are next to each other.
  std::vector<std::pair<uint64_t, std::pair<size_t, size_t>>> bits;
  for (size_t c = 0; c < kClasses; ++c) {
    for (size_t n = 0; n < kCountMax; ++n) {
      const uint64_t with = texts[c][n];
      const uint64_t without = sample.size() - with;
      if (with > 0 && without > 0) bits.push_back({with * without, {c, n}});
    }
  }
  const size_t chosen = std::min<size_t>(kBits, bits.size());
  std::partial_sort(bits.begin(), bits.begin() + static_cast<ptrdiff_t>(chosen), bits.end(),
                    std::greater<>());
  for (size_t i = 0; i < chosen; ++i) {
    const auto [c, n] = bits[i].second;
    Counts& counts = counts_[c];
    const size_t end =
        counts.count == 0 ? n + 1 : std::max<size_t>(counts.skipped + counts.count, n + 1);
    counts.skipped =
        static_cast<uint8_t>(counts.count == 0 ? n : std::min<size_t>(counts.skipped, n));
    counts.count = static_cast<uint8_t>(end - counts.skipped);
  }
  uint8_t bit = 0;
  for (Counts& counts : counts_) {
    counts.count = std::min<uint8_t>(counts.count, static_cast<uint8_t>(kBits - bit));
    counts.first_bit = bit;
    bit = static_cast<uint8_t>(bit + counts.count);
  }
}

UnitSignatures::Signature UnitSignatures::Of(Text text) const {
  std::array<uint8_t, kClasses> seen{};
  Signature signature = 0;
  text.Visit([&](auto units) {
    for (const auto unit : units) {
      const size_t c = ClassOf(unit);
      const Counts counts = counts_[c];
      const size_t number = seen[c];
      if (number >= kCountMax) continue;
      ++seen[c];
      // Below `skipped`, it wraps round to what is over any count.
      const size_t place = number - counts.skipped;
      if (place < counts.count) signature |= Signature{1} << (counts.first_bit + place);
    }
  });
  return signature;
}

}  // namespace kernelserve

#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_CHOICE_UNITS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_CHOICE_UNITS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/string_distance/sorted_texts.h"
#include "kernels/string_distance/unit_ids.h"
#include "kernels/text.h"

namespace kernelserve {

// Sorted choices as some queries see them, in the order in which they are compared. Units are
// numbered, so that they are of one width whatever theirs is; those that no query has are 0.
using QueryUnit = uint16_t;

class QueryUnits {
 public:
  // The queries have fewer than 2^16 units together.
  explicit QueryUnits(std::span<const Text> queries);

  QueryUnit Of(uint32_t unit) const { return static_cast<QueryUnit>(ids_.Find(unit)); }
  // Each number is below it.
  size_t end() const { return ids_.end(); }

 private:
  UnitIds ids_;
};

// The units of each choice, choices of one size next to each other.
class ChoiceUnits {
 public:
  // `choices` stay as long as this object.
  ChoiceUnits(std::span<const Text> queries, const SortedTexts& choices);

  const QueryUnits& units() const { return units_; }
  const SortedTexts& choices() const { return choices_; }

  struct Choice {
    uint16_t place;  // in choices().texts()
    uint16_t size;
    uint32_t begin;  // in all()
  };
  // By size, ascending.
  std::span<const Choice> by_size() const { return by_size_; }
  std::span<const QueryUnit> all() const { return all_; }

 private:
  const QueryUnits units_;
  const SortedTexts& choices_;
  std::vector<Choice> by_size_;
  std::vector<QueryUnit> all_;
};

// What takes from the empty text to every choice, in sorted order: a prefix that choices have in
// common is gone to once.
class ChoiceSteps {
 public:
  // `choices` stay as long as this object.
  ChoiceSteps(std::span<const Text> queries, const SortedTexts& choices);

  const QueryUnits& units() const { return units_; }
  const SortedTexts& choices() const { return choices_; }

  // From the prefix of `from` units of the one before, which is kept; its own are kept up to that
  // of `keep` units.
  struct Choice {
    uint16_t place;  // in choices().texts()
    uint8_t from;
    uint8_t keep;  // not below `from`
    uint8_t size;
  };
  std::span<const Choice> sorted() const { return sorted_; }
  // The units from where each begins to its end, of one after the other.
  const QueryUnit* steps() const { return steps_.data(); }

 private:
  const QueryUnits units_;
  const SortedTexts& choices_;
  std::vector<Choice> sorted_;
  std::vector<QueryUnit> steps_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_CHOICE_UNITS_H_

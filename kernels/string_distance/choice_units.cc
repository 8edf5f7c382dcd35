#include "kernels/string_distance/choice_units.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace kernelserve {
namespace {

size_t UnitsOf(std::span<const Text> texts) {
  size_t units = 0;
  for (const Text& text : texts) units += text.size();
  return units;
}

}  // namespace

QueryUnits::QueryUnits(std::span<const Text> queries) : ids_(UnitsOf(queries)) {
  for (const Text& query : queries) {
    query.Visit([&](auto units) {
      for (const auto unit : units) ids_.FindOrAdd(unit);
    });
  }
}

ChoiceUnits::ChoiceUnits(std::span<const Text> queries, const SortedTexts& choices)
    : units_(queries), choices_(choices) {
  const std::span<const Text> texts = choices.texts();
  std::vector<uint16_t> places(choices.order().begin(), choices.order().end());
  std::stable_sort(places.begin(), places.end(),
                   [&](uint16_t a, uint16_t b) { return texts[a].size() < texts[b].size(); });
  by_size_.reserve(places.size());
  uint32_t begin = 0;
  for (const uint16_t place : places) {
    by_size_.push_back({place, static_cast<uint16_t>(texts[place].size()), begin});
    begin += static_cast<uint32_t>(texts[place].size());
  }
  all_.resize(begin);
  QueryUnit* to = all_.data();
  for (const uint16_t place : places) {
    texts[place].Visit([&](auto units) {
      for (const auto unit : units) *to++ = units_.Of(unit);
    });
  }
}

ChoiceSteps::ChoiceSteps(std::span<const Text> queries, const SortedTexts& choices)
    : units_(queries), choices_(choices) {
  const std::span<const Text> texts = choices.texts();
  const std::span<const uint16_t> order = choices.order();
  const std::span<const uint8_t> shared = choices.shared();
  size_t steps = 0;
  for (size_t i = 0; i < order.size(); ++i) steps += texts[order[i]].size() - shared[i];
  steps_.resize(steps);
  sorted_.reserve(order.size());
  QueryUnit* to = steps_.data();
  for (size_t i = 0; i < order.size(); ++i) {
    const Text& text = texts[order[i]];
    const uint8_t next = i + 1 < order.size() ? shared[i + 1] : uint8_t{0};
    sorted_.push_back(
        {order[i], shared[i], std::max(shared[i], next), static_cast<uint8_t>(text.size())});
    text.Visit([&](auto units) {
      for (size_t j = shared[i]; j < units.size(); ++j) *to++ = units_.Of(units[j]);
    });
  }
}

}  // namespace kernelserve
